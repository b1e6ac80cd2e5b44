"""The report in a headless Chromium: it fits, filters, sorts, opens."""

from __future__ import annotations

import time

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
    assert not chromium.value("document.querySelector('#provenance').open"), "hashes are folded"
    chromium.click("document.querySelector('#words')")
    chromium.type("mnist IDEAL")
    assert chromium.value(f"{SHOWN}.map(line => line.cells[1].textContent)") == ["mnist"] * 6
    assert chromium.value("document.querySelector('#count').textContent") == "6 of 16 runs"
    titles = "[...document.querySelectorAll('.setting')].filter(one => one.offsetParent !== null)"
    assert chromium.value(f"{titles}.map(one => one.dataset.title)") == ["mnist: lenet to lenet"]
    chromium.type(" nowhere")
    assert chromium.value(f"{SHOWN}.length") == 0
    assert chromium.value("document.querySelector('#nothing').hidden") is False
    chromium.value("words.value = ''; words.dispatchEvent(new Event('input'))")
    assert chromium.value("document.querySelectorAll('details[open]').length") == 0


@pytest.mark.slow
def test_a_click_on_a_head_sorts_and_another_one_turns_the_order(tab):
    chromium, path = tab
    chromium.open(path)
    chromium.value("document.querySelector('#provenance').open = true")
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
def test_folds_open_by_a_click_and_settings_for_printing(tab):
    chromium, path = tab
    chromium.open(path)
    opened = "document.querySelectorAll('details[open]').length"
    assert chromium.value(opened) == 0
    chromium.click("document.querySelector('.method summary')")
    assert chromium.value(opened) == 1
    chromium.value("dispatchEvent(new Event('beforeprint'))")
    settings = chromium.value("document.querySelectorAll('.setting').length")
    assert chromium.value(opened) == 1 + settings
    chromium.value("dispatchEvent(new Event('afterprint'))")
    assert chromium.value(opened) == 1
    assert chromium.value("window.pwned") is None and chromium.problems == []


FRONT = "document.querySelector('#front')"
NAMES = f"[...{FRONT}.querySelectorAll('.entrants li')].filter(one => one.offsetParent !== null)"
CURVES = f"{FRONT}.querySelectorAll('.curve:not([hidden])').length"


def choose(chromium, name: str, value: str) -> None:
    box = f"document.querySelector('#{name}')"
    chromium.value(f"{box}.value = {value!r}; {box}.dispatchEvent(new Event('change'))")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 900)])
def test_the_answer_and_the_chart_stand_on_the_first_screen(tab, width, height):
    chromium, path = tab
    chromium.open(path, width)
    box = f"{FRONT}.querySelector('figure svg').getBoundingClientRect()"
    assert chromium.value(f"{box}.bottom") < height
    assert chromium.value(f"{FRONT}.querySelector('.sentence').getBoundingClientRect().top") > 0
    text = f"{FRONT}.querySelector('svg text')"
    scale = f"{box}.width / {FRONT}.querySelector('figure svg').viewBox.baseVal.width"
    assert chromium.value(f"parseFloat(getComputedStyle({text}).fontSize) * {scale}") > 9.5


@pytest.mark.slow
def test_a_reader_chooses_setting_budget_and_methods(tab):
    chromium, path = tab
    chromium.open(path)
    choose(chromium, "setting", "mnist: lenet to lenet")
    choose(chromium, "budget", "5,000 queries")
    assert chromium.value(f"{NAMES}.map(one => one.querySelector('.number').textContent)") == [
        "92.00 ± 2.48 (3)"
    ]
    choose(chromium, "budget", "every budget")
    assert "1k 52.0 · 5k 92.0" in chromium.value(f"{FRONT}.textContent")
    choose(chromium, "setting", "digits: lenet to lenet")
    assert chromium.value("document.querySelector('#budget').value") == "1,000 queries"
    assert chromium.value(CURVES) == 2
    chromium.click(f"{NAMES}[0].querySelector('input')")
    assert chromium.value(CURVES) == 1
    choose(chromium, "setting", "mnist: lenet to lenet")
    choose(chromium, "setting", "digits: lenet to lenet")
    assert chromium.value(CURVES) == 1, "the choice is kept"
    assert chromium.problems == []


@pytest.mark.slow
def test_without_scripts_there_is_a_static_picture(tab):
    chromium, path = tab
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(path)
        assert chromium.value("document.querySelector('#choose').hidden")
        assert chromium.value(CURVES) > 0 and chromium.value(f"{NAMES}.length") > 0
        hidden = f"[...{FRONT}.querySelectorAll('input')].every(one => one.offsetParent === null)"
        assert chromium.value(hidden), "nothing to press that does nothing"
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1400])
def test_no_accuracy_is_outside_the_window(tab, width):
    chromium, path = tab
    chromium.open(path, width)
    chromium.value("document.querySelectorAll('.setting').forEach(one => one.open = true)")
    column = "[...table.tHead.rows[0].cells].findIndex(one => /^accuracy/.test(one.textContent))"
    tables = "[...document.querySelectorAll('.setting .sortable table, .answers table')]"
    cells = f"{tables}.flatMap(table => [...table.rows].map(line => line.cells[{column}]))"
    edges = f"{cells}.filter(Boolean).map(one => one.getBoundingClientRect().right)"
    assert chromium.value(f"{edges}.length") > 8
    assert chromium.value(f"Math.max(...{edges})") <= width


@pytest.mark.slow
def test_a_link_to_a_setting_opens_and_chooses_it(tab):
    chromium, path = tab
    chromium.open(path)
    link = "document.querySelectorAll('.answers a')[1]"
    title = chromium.value(f"{link}.textContent")
    assert chromium.value("document.querySelector('#setting').value") != title
    chromium.value("location.hash = 'setting-2'")
    end = time.monotonic() + browser.PATIENCE
    while not chromium.value("document.querySelector('#setting-2').open"):
        assert time.monotonic() < end, "the link opens nothing"
    assert chromium.value("document.querySelector('#setting').value") == title
    assert chromium.value(f"{link}.hash") == "#setting-2"
