"""A classifier behind an endpoint as a teacher: nobody sees its inside, and every answer is paid.

Its file holds the evaluator's labels of the test images, asked once and paid on an account of their
own; its card says "endpoint". The row's ``teacher_sha`` is the canary's digest: address, mapping,
and the labels of a few fixed images (``benchmark.endpoint.canary``). A key is no part of anything
that is written.
"""

from teachers.remote.asking import measure
from teachers.remote.kept import Remote, check_fits, find, kept_labels, opened

__all__ = ["Remote", "check_fits", "find", "kept_labels", "measure", "opened"]
