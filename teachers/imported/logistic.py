"""scikit-learn's logistic regression as an ONNX file, a teacher that no network can be.

The authors of DaST had one behind a prediction API (the "Azure model" of their paper). Pixels in
[0, 1], scikit-learn's defaults but for the number of iterations; needs the extra [onnx] and
skl2onnx:

    python -m teachers.imported.logistic mnist mnist-logistic.onnx
    bench teacher import mnist-logistic.onnx --dataset mnist
"""

from __future__ import annotations

from pathlib import Path

import click

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.files import write_atomically

ITERATIONS = 100


def fitted(data: datasets.Dataset) -> bytes:
    """An ONNX file of the regression that was fitted to the training images."""
    from sklearn.linear_model import LogisticRegression

    try:
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType
    except ModuleNotFoundError:
        raise BenchError("an ONNX file of scikit-learn needs skl2onnx: pip install it") from None
    pixels = data.train.images.flatten(1).numpy().astype("float32") / 255
    model = LogisticRegression(max_iter=ITERATIONS).fit(pixels, data.train.labels.numpy())
    inputs = [("image", FloatTensorType([None, pixels.shape[1]]))]
    made = to_onnx(model, initial_types=inputs, options={"zipmap": False})
    return made.SerializeToString()


@click.command()
@click.argument("dataset")
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--data-dir", type=click.Path(path_type=Path), envvar="BENCH_DATA")
def main(dataset: str, output: Path, data_dir: Path | None) -> None:
    """Fit a logistic regression to the training images of DATASET and write it as ONNX."""
    data = datasets.load(dataset, data_dir or datasets.default_data_dir())
    write_atomically(output, fitted(data))
    click.echo(f"wrote {output}")


if __name__ == "__main__":
    main()
