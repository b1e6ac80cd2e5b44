"""The exposure page in a headless Chromium: it fits a desk and a phone, and asks for nothing."""

from __future__ import annotations

import pytest

from benchmark.exposure import page
from support import browser
from support.exposures import STRONG, WEAK, exposure


@pytest.mark.slow
def test_the_page_fits_a_desk_and_a_phone_and_asks_for_nothing(tmp_path):
    program = browser.find()
    if program is None:
        pytest.skip("no Chromium on this machine; `apt-get install -y chromium` brings it")
    path = page.write(exposure([*STRONG, *WEAK]), tmp_path / "page")[0]
    chromium = browser.Browser(program, tmp_path / "profile")
    try:
        for width in (1400, 390):
            chromium.open(path, width)
            root = "document.documentElement"
            assert chromium.value(f"{root}.scrollWidth") == width
            box = "document.querySelector('#answer .scroll')"
            assert chromium.value(f"{box}.scrollWidth <= {box}.clientWidth"), "nothing is cut off"
        assert {*chromium.requests} == {path.as_uri()} and chromium.problems == []
    finally:
        chromium.close()
