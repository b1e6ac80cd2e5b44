"""The environment of a fresh interpreter that runs a method: nothing of the user's but arithmetic.

Names of folders with data, tokens and proxies stay outside. Variables that change how sums are
added up, or where libraries lie, go along: without them the numbers would be others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
KEPT = (
    *THREADS,
    "OMP_DYNAMIC",
    "OMP_PROC_BIND",
    "OMP_PLACES",
    "OMP_WAIT_POLICY",
    "GOMP_CPU_AFFINITY",
    "KMP_AFFINITY",
    "KMP_BLOCKTIME",
    "MKL_CBWR",
    "MKL_DYNAMIC",
    "MKL_ENABLE_INSTRUCTIONS",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "OPENBLAS_CORETYPE",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "NVIDIA_TF32_OVERRIDE",
    "PYTORCH_CUDA_ALLOC_CONF",
    "LD_LIBRARY_PATH",
)
FIXED = {
    # Programs cannot be started, and where Python finds a compiler it looks for libraries by one.
    "PATH": "/nonexistent",
    "LANG": "C.UTF-8",
}


def environment(
    threads: int | None = None, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Variables for ``subprocess.Popen(env=...)``: of ``base`` (this process's) only ``KEPT``.

    ``threads``: of OpenMP, MKL and OpenBLAS; None leaves what ``base`` says.
    """
    base = os.environ if base is None else base
    made = FIXED | {name: base[name] for name in KEPT if name in base}
    if threads is not None:
        made |= dict.fromkeys(THREADS, str(threads))
    return made
