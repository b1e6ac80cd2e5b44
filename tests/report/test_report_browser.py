"""The report in a headless Chromium: it fits, filters, sorts, opens."""

from __future__ import annotations

import pytest

from benchmark.report import page as report
from support import browser
from support.report_pages import many, store_of


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    """``(browser, path of the page)``."""
    program = browser.find()
    if program is None:
        pytest.skip("no Chromium on this machine; `apt-get install -y chromium` brings it")
    folder = tmp_path_factory.mktemp("report")
    path = report.write(store_of(folder, many()), folder / "page")
    found = browser.Browser(program, folder / "profile")
    yield found, path
    found.close()


RUNS = "[...document.querySelectorAll('.provenance tbody tr')]"
SHOWN = f"{RUNS}.filter(line => line.offsetParent !== null)"


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_its_window_in_either_scheme(tab, width, dark):
    chromium, path = tab
    chromium.requests.clear()
    chromium.open(path, width, dark)
    root = "document.documentElement"
    chromium.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert chromium.value(f"{root}.scrollWidth") == chromium.value(f"{root}.clientWidth") == width
    box = "document.querySelector('.provenance .scroll')"
    assert chromium.value(f"{box}.scrollWidth > {box}.clientWidth")
    page = chromium.value("getComputedStyle(document.body).backgroundColor")
    assert page == ("rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)")
    ink = chromium.value("getComputedStyle(document.querySelector('svg text')).fill")
    assert ink == ("rgb(230, 232, 234)" if dark else "rgb(26, 29, 33)")
    assert chromium.requests == [path.as_uri()] and chromium.problems == []


@pytest.mark.slow
def test_the_filter_keeps_what_has_all_of_its_words(tab):
    chromium, path = tab
    chromium.open(path)
    assert chromium.value(f"{SHOWN}.length") == 16
    chromium.click("document.querySelector('#words')")
    chromium.type("mnist IDEAL")
    assert chromium.value(f"{SHOWN}.map(line => line.cells[1].textContent)") == ["mnist"] * 6
    assert chromium.value("document.querySelector('#count').textContent") == "6 of 16 runs"
    titles = "[...document.querySelectorAll('.setting')].filter(one => one.offsetParent !== null)"
    assert chromium.value(f"{titles}.map(one => one.querySelector('h3').textContent)") == [
        "mnist: lenet to lenet"
    ]
    chromium.type(" nowhere")
    assert chromium.value(f"{SHOWN}.length") == 0
    assert chromium.value("document.querySelector('#nothing').hidden") is False
    chromium.value("words.value = ''; words.dispatchEvent(new Event('input'))")
    assert chromium.value(f"{SHOWN}.length") == 16


@pytest.mark.slow
def test_a_click_on_a_head_sorts_and_another_one_turns_the_order(tab):
    chromium, path = tab
    chromium.open(path)
    heads = "[...document.querySelectorAll('.provenance th')]"
    head = f"{heads}.find(one => one.textContent === 'accuracy')"
    cells = f"{RUNS}.map(line => line.cells[8].textContent)"
    numbers = sorted((one for one in map(float, filter(None, chromium.value(cells)))), reverse=True)
    chromium.click(f"{head}.querySelector('button')")
    assert chromium.value(f"{head}.getAttribute('aria-sort')") == "descending"
    assert chromium.value(cells) == [*(f"{number:.2f}" for number in numbers), ""]
    chromium.click(f"{head}.querySelector('button')")
    assert chromium.value(cells) == [*(f"{number:.2f}" for number in numbers[::-1]), ""]
    chromium.click(f"{heads}[4].querySelector('button')")
    methods = chromium.value(f"{RUNS}.map(line => line.cells[4].textContent)")
    assert methods == sorted(methods, key=lambda text: (text[0] != "<", text))
    assert chromium.value(f"{head}.getAttribute('aria-sort')") is None


@pytest.mark.slow
def test_methods_open_by_a_click_and_all_of_them_for_printing(tab):
    chromium, path = tab
    chromium.open(path)
    opened = "document.querySelectorAll('details[open]').length"
    assert chromium.value(opened) == 0
    chromium.click("document.querySelector('.method summary')")
    assert chromium.value(opened) == 1
    chromium.value("dispatchEvent(new Event('beforeprint'))")
    assert chromium.value(opened) == chromium.value("document.querySelectorAll('details').length")
    chromium.value("dispatchEvent(new Event('afterprint'))")
    assert chromium.value(opened) == 1
    assert chromium.value("window.pwned") is None and chromium.problems == []
