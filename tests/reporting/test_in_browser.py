"""The report as a browser shows it: quiet, offline, legible, and no wider than a phone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.reporting.browser import Browser, find_browser

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")
FOUND = find_browser()
pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium on PATH")
NOTHING = {"faint": [], "wide": [], "cut": [], "small": [], "overflow": 0, "scripts": 0}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    started = Browser(FOUND or "", tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(params=["clean", "hostile", "comparison", "spoilt_comparison"])
def report(request):
    """The page of a run."""
    return request.getfixturevalue(request.param) / "report.html"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_page_is_legible_and_fits(browser, report, width, dark):
    """Text has 4.5:1 contrast, graphics 3:1, and nothing sticks out or is cut, wide or narrow."""
    browser.open(report, width=width, dark=dark)
    found = browser.evaluate(AUDIT)
    assert found.pop("seen") > 50
    assert (sum(found.pop("paper")) < 3 * 64) == dark
    assert found == NOTHING


def test_the_audit_finds_what_it_looks_for(browser, clean, tmp_path):
    """A page made faint, wide and loud is reported as that, so the test above can fail."""
    text = (clean / "report.html").read_text(encoding="utf-8")
    spoilt = text.replace(
        "</style>", ".soft{color:#aaa}h2{width:900px}dd.why{font-size:9px}</style>"
    )
    page = tmp_path / "spoilt.html"
    page.write_text(spoilt.replace("</main>", "<script>1</script></main>"), encoding="utf-8")
    browser.open(page, width=390)
    found = browser.evaluate(AUDIT)
    assert all(found[key] for key in ("faint", "wide", "small", "overflow", "scripts"))
    assert browser.complaints(), "the page's own policy refuses the script"


def test_the_page_is_quiet_and_asks_for_nothing(browser, report):
    """The browser loads the one file and has nothing to complain about."""
    browser.open(report)
    assert (browser.requests(), browser.complaints()) == ([report.as_uri()], [])


def test_every_table_and_fold_is_reached_by_keyboard(browser, report):
    """Folds and scrolling tables take the focus, and the focus is seen."""
    browser.open(report, width=390)
    stops = browser.evaluate(
        "document.querySelectorAll('summary').length"
        # A group of radio buttons is one stop.
        " + new Set([...document.querySelectorAll('input')].map(e => e.name)).size"
        " + [...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility()).length"
    )
    reached = set()
    for _ in range(stops):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab",
                         windowsVirtualKeyCode=9)  # fmt: skip
        focus = browser.evaluate(
            "(e => [[...document.querySelectorAll('*')].indexOf(e),"
            " getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)])"
            "(document.activeElement)"
        )
        assert focus[1:] == ["solid", 3]
        reached.add(focus[0])
    assert len(reached) == stops


def test_what_is_folded_is_printed(browser, clean):
    """On paper the folded tables are open, on white."""
    browser.open(clean / "report.html", dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    height = browser.evaluate(
        "document.querySelector('details .scroll').getBoundingClientRect().height"
    )
    paper = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    done = browser.call("Page.printToPDF", preferCSSPageSize=True)
    assert (height > 50, paper) == (True, "rgb(255, 255, 255)")
    assert base64.b64decode(done["data"]).startswith(b"%PDF")
