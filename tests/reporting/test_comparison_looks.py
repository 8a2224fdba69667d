"""The comparison as it is seen: the switch, without colour, on paper."""

from __future__ import annotations

import base64

import pytest

from tests.reporting.browser import Browser, find_browser
from tests.reporting.conftest import sample
from tests.reporting.pixels import pixels

FOUND = find_browser()
pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium on PATH")
SHOWN = "[...document.querySelectorAll('.side')].filter(e => e.checkVisibility()).map(e => e.querySelector('h3').textContent)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    started = Browser(FOUND or "", tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


def shot(browser, selector, scale=1):
    """Pixels of an element."""
    box = browser.evaluate(
        f"(r => ({{x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: Math.min(r.height, 900)}}))"
        f"(document.querySelector({selector!r}).getBoundingClientRect())"
    )
    taken = browser.call(
        "Page.captureScreenshot",
        format="png",
        captureBeyondViewport=True,
        clip=box | {"scale": scale},
    )
    return pixels(base64.b64decode(taken["data"]))


def press(browser, key, code):
    """Press a key."""
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                     windowsVirtualKeyCode=code)  # fmt: skip


def test_the_switch_shows_one_side_at_a_time_and_takes_clicks_and_keys(browser, comparison) -> None:
    """The clean room is shown first; a click shows full data; an arrow key goes on from there."""
    browser.open(comparison / "report.html")
    assert browser.evaluate(SHOWN) == ["Clean room only"]
    browser.evaluate("document.querySelector('label[for=side-full_data]').click()")
    assert browser.evaluate(SHOWN) == ["Full data"]
    browser.evaluate("document.querySelector('#side-full_data').focus()")
    press(browser, "ArrowRight", 39)
    assert browser.evaluate(SHOWN) == ["Joined"]


def test_paper_shows_every_side(browser, comparison) -> None:
    """Whoever prints the page gets all sides, and no buttons that paper cannot press."""
    browser.open(comparison / "report.html")
    browser.call("Emulation.setEmulatedMedia", media="print")
    arms = [a for a, r in sample().arms.items() if r.kind == "arm"]
    assert len(browser.evaluate(SHOWN)) == len(arms) == 5
    labels = (
        "[...document.querySelectorAll('.switch > label')].filter(e => e.checkVisibility()).length"
    )
    assert browser.evaluate(labels) == 0
    browser.call("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_losses_are_told_from_gains_without_colour(browser, comparison, dark) -> None:
    """To an eye that sees no colour a bar below 0 is striped, one above 0 is plain."""
    browser.open(comparison / "report.html", dark=dark)
    browser.call("Emulation.setEmulatedVisionDeficiency", type="achromatopsia")
    try:
        greys = {}
        hide = "document.querySelectorAll('.marks line').forEach(e => e.style.display = 'none')"
        browser.evaluate(hide)
        for kind in ("above", "below"):
            browser.evaluate(
                f"document.querySelectorAll('.marks .bar.{kind}').forEach("
                "e => { e.setAttribute('width', '40%'); e.setAttribute('x', '20%'); })"
            )
            rows = shot(browser, f".marks .bar.{kind}")
            assert all(abs(r - g) < 12 and abs(g - b) < 12 for row in rows for r, g, b in row)
            greys[kind] = {p[0] // 24 for row in rows[2:-2] for p in row[40:-40]}
        assert len(greys["above"]) == 1
        assert len(greys["below"]) > 1
    finally:
        browser.call("Emulation.setEmulatedVisionDeficiency", type="none")


@pytest.mark.parametrize(
    ("width", "dark", "media"),
    [(1280, False, ""), (1280, True, ""), (390, False, ""), (390, True, ""), (794, True, "print")],
    ids=["light", "dark", "narrow", "narrow dark", "print"],
)
def test_the_first_screen_holds_verdict_and_figures_on_the_right_ground(
    browser, comparison, width, dark, media
) -> None:
    """A screenshot is mostly paper of the right shade, and the answer stands on its first screen."""
    browser.open(comparison / "report.html", width=width, dark=dark)
    browser.call("Emulation.setEmulatedMedia", media=media, features=[
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])  # fmt: skip
    rows = shot(browser, "body", 0.25)
    light = sum(sum(p) > 3 * 200 for row in rows for p in row)
    dim = sum(sum(p) < 3 * 60 for row in rows for p in row)
    assert (dim > 4 * light) == (dark and media != "print")
    assert (light > 4 * dim) == (not dark or media == "print")
    bottom = browser.evaluate("document.querySelector('.verdict').getBoundingClientRect().bottom")
    assert bottom < 900
    browser.call("Emulation.setEmulatedMedia", media="")


def test_marks_stand_where_their_figures_say(browser, comparison) -> None:
    """In the chart of all arms, dots stand from left to right as their means do."""
    browser.open(comparison / "report.html")
    found = sample()
    seen = browser.evaluate(
        "[...document.querySelector('.marks').querySelectorAll('li:not(.axis)')].map(e =>"
        " [e.querySelector('.name').textContent, e.querySelector('circle').getBoundingClientRect().x])"
    )
    means = [a.metrics[found.primary_metric].mean for a in found.arms.values()]
    assert len(seen) == len(means)
    order = sorted(range(len(means)), key=means.__getitem__)
    assert [seen[i][1] for i in order] == sorted(x for _, x in seen)
