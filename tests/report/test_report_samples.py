"""Samples in the report: which it shows, small, safe, and refused where they were exchanged."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from benchmark import datasets
from benchmark.files import StoreError
from benchmark.pictures import mosaic
from benchmark.report import page as report
from benchmark.report import real_images
from benchmark.report import samples as report_samples
from benchmark.rows.store import Store
from support import browser
from support.kept import empty_store, keep, sample_of
from support.made_rows import FAILED, make_row
from support.report_pages import HOSTILE, Page

COLOUR = (3, 32, 32)


@pytest.fixture
def store(tmp_path):
    return empty_store(tmp_path)


def images_of(html: str) -> list[tuple[str, np.ndarray]]:
    """Alternative text and pixels of each picture in a page."""
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]*)"', html)
    return [
        (alt, np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))) for data, alt in found
    ]


def test_the_report_shows_the_lowest_seed_of_each_method_at_the_largest_budget(store):
    grey, colour = sample_of([3, 0, 1]), sample_of([2, 2, 2], COLOUR)
    keep(store, grey, budget=5000, seed=1, accuracy=71.0, classes=3)
    keep(store, grey, budget=5000, seed=2, accuracy=72.0, classes=3)
    keep(store, colour, method="dfme", budget=5000, classes=3)
    keep(store, grey, method="ideal", classes=3)
    store.write(make_row(budget=9000, classes=3))
    store.write(make_row(dataset="mnist", **FAILED))
    html = report.html(store)
    first, second = images_of(html)
    assert first[0] == "Images that dfme asked, a line for each label from 0 to 2"
    assert (first[1] == mosaic.mosaic(colour, 3)).all()
    assert second[0].startswith("Images that noise asked") and "; none of label 1" in second[0]
    assert (second[1] == mosaic.mosaic(grey, 3)[..., [0, 3]]).all()
    text = Page(html).text
    assert text.count("Samples of 5,000 queries") == text.count("Samples of") == 1
    assert "accuracy 71.00 %, seed 1" in text and "seed 2 " not in text and "0 1 – 2" in text
    assert "img-src data:;" in html


def test_a_report_without_samples_has_no_such_part(store):
    store.write(make_row())
    html = report.html(store)
    assert "<img" not in html and "Samples of" not in html


def test_a_page_stays_small_where_runs_are_many(store, monkeypatch):
    for number in range(3):
        keep(store, sample_of([9] * 12), method=f"m{number}", classes=20)
    column = (12 * 12 - 2) * 10
    monkeypatch.setattr(report_samples, "LIMIT", 3 * column * 2)
    html = report.html(store)
    assert [page.shape[1] for _, page in images_of(html)] == [2 * 12 - 2] * 3
    assert "The newest 2 of each" in html and "The other 8 labels are not shown." in html
    monkeypatch.setattr(report_samples, "LIMIT", 2 * column)
    html = report.html(store)
    assert len(images_of(html)) == 2 and "1 more methods are left out for the page" in html


def test_the_report_is_safe_and_the_same_with_samples(store):
    keep(store, sample_of([1] * 10), method=HOSTILE)
    html = report.html(store)
    page = Page(html)
    assert page.open == [] and page.scripts == 1 and "<script>window" not in html
    assert len(page.loads) == 1 and page.loads[0].startswith("data:image/png;base64,")
    assert html == report.html(store)


def test_the_report_refuses_an_exchanged_sample(store):
    keep(store, sample_of([1] * 10))
    (path,) = store.samples.iterdir()
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(StoreError, match="is not the sample that its row"):
        report.html(store)
    lenient = Store(store.root, strict=False)
    html = report.html(lenient)
    assert "<img" not in html and "noise" in html
    assert [path.name for path in lenient.unsound] == [path.name]


@pytest.mark.slow
def test_a_browser_shows_the_samples_and_the_page_fits_a_phone(store, tmp_path):
    if browser.find() is None:
        pytest.skip("no Chromium on this machine; `apt-get install -y chromium` brings it")
    for number in range(4):
        keep(store, sample_of([9] * 10, (1, 28, 28)), method=f"m{number}")
    path = report.write(store, tmp_path / "page")
    chromium = browser.Browser(browser.find(), tmp_path / "profile")
    try:
        chromium.open(path, 320)
        assert chromium.value("[...document.images].map(one => one.naturalWidth)") == [254] * 4
        assert chromium.value("document.documentElement.scrollWidth") == 320
        assert chromium.problems == []
    finally:
        chromium.close()


def test_real_test_images_stand_before_the_samples_where_the_data_are_here(store, tmp_path):
    digits = datasets.load("digits")
    same = {"data_digest": digits.test_digest, "classes": 10}
    keep(store, sample_of([1] * 10, (1, 16, 16)), **same)
    html = report.html(store, data_dir=tmp_path)
    (alt, page), (other, _) = images_of(html)
    assert alt == "Real test images, a line for each label from 0 to 9" and "noise" in other
    first = digits.test.images[digits.test.labels == 0][:2]
    assert (page[1:17, 1:17, 0] == first[0, 0].numpy()).all()
    assert len(images_of(report.html(store))) == 1, "without a folder nobody looks for data"


def test_other_data_under_the_same_name_are_not_shown(store, tmp_path):
    keep(store, sample_of([1] * 10))
    keep(store, sample_of([1] * 10), dataset="folder:garments", method="x")
    (tmp_path / "garments.tar").write_bytes(b"damaged")
    alts = [alt for alt, _ in images_of(report.html(store, data_dir=tmp_path))]
    assert len(alts) == 2 and not any("Real" in alt for alt in alts)


def test_labels_of_a_known_set_are_names(store):
    keep(store, sample_of([1] * 9 + [0]), dataset="fmnist")
    keep(store, sample_of([1] * 3), dataset="mnist", classes=3, method="x")
    html = report.html(store)
    alts = [alt for alt, _ in images_of(html)]
    assert "from t-shirt/top to ankle_boot; none of label ankle_boot" in alts[0]
    assert "from 0 to 2" in alts[1] and "t-shirt/top 1 trouser" not in Page(html).text
    assert "t-shirt/top trouser pullover" in Page(html).text
    assert datasets.class_names("folder:x") == () and len(datasets.class_names("cifar100")) == 100


def test_an_archive_is_found_by_the_name_that_its_rows_have(tmp_path):
    (tmp_path / "usps [1].tar.xz").write_bytes(b"")
    assert real_images._is_here("folder:usps [1]", tmp_path)
    assert not any(real_images._is_here(name, tmp_path) for name in ("folder:other", "mnist"))
