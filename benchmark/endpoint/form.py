"""The keys of an endpoint's file: each with its kind, its limits and its default."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from typing import Any

BODIES = ("v2", "v2-binary", "instances", "mlflow", "json", "image")
SIGNERS = ("none", "bearer", "header", "aws-sigv4", "oauth")
NOT_PROCESSED = (401, 403, 404, 413, 429)  # beside errors before a connection stands


def key(
    kind: str,
    default: Any = MISSING,
    among: tuple[Any, ...] = (),
    least: float | None = None,
    most: float | None = None,
) -> Any:
    """A key of a file: ``kind`` as in ``toml.KINDS``, its choices, its limits."""
    limits = {"kind": kind, "among": among, "least": least, "most": most}
    return field(default=default, metadata=limits)


@dataclass(frozen=True, kw_only=True)
class Signer:
    """How a request says who asks. It holds names of secrets, never one."""

    kind: str = key("text", "none", SIGNERS)
    env: str = key("text", "")  # the variable that holds the key or the token
    header: str = key("text", "")  # header: its name
    region: str = key("text", "")  # aws-sigv4
    service: str = key("text", "sagemaker")  # aws-sigv4
    profile: str = key("text", "")  # aws-sigv4: of the AWS configuration
    command: tuple[str, ...] = key("texts", ())  # oauth: prints a token
    lifetime: float = key("number", 1800.0, least=1, most=86400)  # oauth: seconds of a token


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A classifier behind an address. Times in seconds, sizes in bytes, pictures as C, H, W."""

    url: str = key("text")
    body: str = key("text", among=BODIES)
    shape: tuple[int, ...] = key("wholes", least=1, most=4096)
    classes: int = key("whole", least=2, most=1_000_000)
    signer: Signer = field(default=Signer(), metadata={"kind": "signer"})
    headers: dict[str, str] = field(default_factory=dict, metadata={"kind": "table"})

    values: str = key("text", "uint8", ("uint8", "float"))  # 0 to 255, or 0 to 1
    layout: str = key("text", "NCHW", ("NCHW", "NHWC", "flat"))
    form: str = key("text", "numbers", ("numbers", "raw", "png"))  # the last two in base64
    input: str = key("text", "")  # the name of the input; see docs/endpoints.md
    output: str = key("text", "")
    image_as: str = key("text", "png", ("png", "base64"))  # image: the whole body, or in JSON
    template: str = key("text", "")  # json: the body, with anything where the images go
    images_at: str = key("text", "")  # json: the path of that place
    answers_at: str = key("text", "")  # json: the path of the answers; * is each of a list
    scores: str = key("text", "probabilities", ("probabilities", "logits"))
    class_names: dict[str, int] = field(default_factory=dict, metadata={"kind": "names"})

    batch: int = key("whole", 1, least=1, most=100_000)
    rate: float = key("number", 0.0, least=0, most=1e6)  # a second; 0 is no limit
    rate_of: str = key("text", "images", ("images", "calls"))
    price_per_1000: float = key("number", 0.0, least=0, most=1e6)  # dollars
    price_of: str = key("text", "images", ("images", "calls"))

    connect_timeout: float = key("number", 5.0, least=0.01, most=600)
    write_timeout: float = key("number", 30.0, least=0.01, most=3600)
    read_timeout: float = key("number", 70.0, least=0.01, most=3600)
    largest_answer: int = key("whole", 16_000_000, least=100, most=1_000_000_000)
    ca_file: str = key("text", "")  # certificates to trust in place of the usual ones
    not_processed: tuple[int, ...] = key("wholes", NOT_PROCESSED, least=400, most=599)
    on_unknown: str = key("text", "stop", ("stop", "resend"))
    attempts: int = key("whole", 5, least=1, most=100)

    def names(self) -> dict[int, str]:
        """The class names by index."""
        return {index: name for name, index in self.class_names.items()}
