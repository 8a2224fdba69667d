"""The page of a comparison says what the comparison found: all of it, first things first."""

from __future__ import annotations

import re

import pytest

from rmnctl.comparison.document import ComparisonResult, FrontierPoint, RobustnessRow
from rmnctl.reporting.comparison_markdown import comparison_markdown
from rmnctl.reporting.comparison_page import comparison_page
from rmnctl.reporting.comparison_words import headline
from tests.reporting.conftest import HOSTILE, sample, spoilt
from tests.reporting.test_harmonize_page import Reader

SAMPLES = {"sample": sample, "spoilt": spoilt}


@pytest.fixture(params=SAMPLES)
def found(request):
    """A real comparison, or one that is hostile throughout."""
    return SAMPLES[request.param]()


def changed(found, **fields):
    """The comparison with other content."""
    return found.model_copy(update=fields)


def test_the_page_is_one_file_that_loads_nothing(found) -> None:
    """Well formed, at most 300 KB, no script, no address, ids once, every fill defined."""
    page = comparison_page(found)
    reader = Reader(page)
    assert reader.open == []
    assert len(page.encode()) <= 300_000
    assert not reader.tags & {"script", "img", "iframe", "object", "embed", "base", "form"}
    assert [v for n, v in reader.attributes if n in {"src", "href", "xlink:href"}] == ["data:,"]
    assert not re.search(r"https?://|@import|url\((?!#)", page)
    ids = [v for n, v in reader.attributes if n == "id"]
    assert len(ids) == len(set(ids))
    assert {v for n, v in reader.attributes if n == "for"} <= set(ids)


def test_the_same_comparison_gives_the_same_bytes(found) -> None:
    """Page and Markdown hold nothing but the comparison, also after a round through JSON."""
    again = ComparisonResult.model_validate_json(found.model_dump_json(by_alias=True))
    assert comparison_page(found) == comparison_page(again)
    assert comparison_markdown(found) == comparison_markdown(again)


def test_hostile_names_stay_text() -> None:
    """Markup in names, reasons and facts is shown, never obeyed."""
    page = comparison_page(spoilt())
    assert "<img" not in page
    assert HOSTILE in "".join(Reader(page).text)


def _write(value: float, sign: bool = False) -> str:
    text = f"{value:{'+' if sign else ''},.0f}"
    return text.lstrip("+-") if not text.strip("+-0") else text


def test_arms_stand_side_by_side_with_interval_and_n() -> None:
    """The money of every arm, its interval and the number of worlds are in one table."""
    found = sample()
    rows = {r[0]: r[1:] for r in Reader(comparison_page(found)).tables["All metrics, money first"]}
    heads = list(found.arms)
    for metric, label in (("incremental_margin", "Incremental margin"), ("regret", "Regret")):
        expected = []
        for arm in heads:
            value = found.arms[arm].metrics[metric]
            low, high = value.ci95
            expected.append(f"{_write(value.mean)}{_write(low)} to {_write(high)}")
        shown = re.findall(
            rf'<tr><th scope="row"[^>]*>{label}</th>(.*?)</tr>', comparison_page(found)
        )[0]
        assert [re.sub("<[^>]+>", "", c) for c in shown.split("</td>") if c] == expected
        assert len(rows[label]) == len(heads)
    labels = list(rows)
    assert labels.index("Incremental margin") < labels.index("Incremental revenue")
    assert labels.index("Promised too much") < labels.index("iROAS")


def test_every_difference_to_the_clean_room_is_on_the_page() -> None:
    """Mean, interval, per cent of the budget, win rate, worst decile and n of each arm."""
    found = sample()
    text = re.sub("<[^>]+>", " ", comparison_page(found))
    pairs = {k: v for k, v in found.deltas.items() if k.endswith("_vs_clean_room")}
    assert len(pairs) >= 3
    for deltas in pairs.values():
        delta = deltas[found.primary_metric]
        low, high = delta.ci95
        assert _write(delta.mean, sign=True) in text
        assert f"{_write(low, sign=True)} to {_write(high, sign=True)}" in text
        assert f"{100 * delta.win_rate:.0f} %" in text


def test_shapley_values_stand_over_their_sum() -> None:
    """Every private field has its share, and the last line is the whole difference."""
    found = sample()
    rows = Reader(comparison_page(found)).tables["Exact Shapley values"][1:]
    shares = found.ablation.fields
    assert [r[0] for r in rows] == [*shares, "All fields"]
    assert sum(s.mean for s in shares.values()) == pytest.approx(found.ablation.total.mean)
    joined = found.deltas["joined_vs_clean_room"][found.primary_metric].mean
    assert found.ablation.total.mean == pytest.approx(joined)


def _scaled(value: object) -> object:
    """Every measured figure moved: means, intervals, shares of worlds."""
    if isinstance(value, dict):
        return {k: _scaled(v) if k not in {"request", "gate"} else v for k, v in value.items()}
    if isinstance(value, list):
        return [_scaled(v) for v in value]
    return value * 1.37 + 3 if isinstance(value, float) else value


def test_no_figure_on_the_page_is_typed_in() -> None:
    """When every measured figure moves, every figure in every table moves with it."""
    found = sample()
    moved = ComparisonResult.model_validate(_scaled(found.plain()) | {"budget": found.budget})
    pages = [re.findall(r'<td class="n(?: zero)?">([^<]*[.\d][^<]*)(?:<small>([^<]*)</small>)?</td>',
                        comparison_page(f)) for f in (found, moved)]  # fmt: skip
    assert len(pages[0]) == len(pages[1]) > 200
    still = [a for a, b in zip(*pages, strict=True) if a[0] == b[0]]
    counted = {str(found.worlds), *(str(n) for n in range(1, 30))}
    assert {text for text, _ in still} <= counted


def test_the_verdict_comes_first_in_words() -> None:
    """The answer is the first heading after the title, with amount, share, interval and n."""
    found = sample()
    page = comparison_page(found)
    delta = found.deltas["full_data_vs_clean_room"][found.primary_metric]
    first = re.findall(r"<h2[^>]*>(.*?)</h2>", page)[0]
    assert first == (
        f"Planning with clean-room data alone costs {_write(delta.mean)} USD of incremental margin, "
        f"{delta.pct:.1f} % of the budget."
    )
    assert page.index(first) < page.index('class="tiles"') < page.index("<figure>")


@pytest.mark.parametrize(
    ("mean", "ends", "says"),
    [
        (800.0, (200.0, 1400.0), "costs 800 USD"),
        (300.0, (-200.0, 800.0), "costs nothing that 4 worlds can show"),
        (-700.0, (-900.0, -100.0), "did better, by 700 USD"),
        (500.0, (None, None), "One world cannot tell"),
    ],
)
def test_the_headline_follows_the_interval(mean, ends, says) -> None:
    """A cost is claimed where the interval lies above 0 only."""
    found = sample()
    deltas = dict(found.deltas)
    pair = "full_data_vs_clean_room"
    delta = deltas[pair][found.primary_metric].model_copy(
        update={"mean": mean, "ci95": ends, "pct": mean / 400, "ci95_pct": ends}
    )
    deltas[pair] = deltas[pair] | {found.primary_metric: delta}
    other = changed(found, deltas=deltas)
    assert says in headline(other).answer
    for text in (comparison_page(other), comparison_markdown(other)):
        assert says in text


def test_without_a_richer_arm_nothing_is_claimed() -> None:
    """A comparison of clean room and reports has no answer to the question, and says so."""
    found = sample()
    kept = ("clean_room", "reports")
    alone = changed(
        found,
        arms={a: found.arms[a] for a in kept},
        deltas={"reports_vs_clean_room": found.deltas["reports_vs_clean_room"]},
        ablation=None, granularity=None, objective_by_data=None, evsi=None, dose=[],
        policy_study=[], robustness=None, null_market=None, releases=[],
    )  # fmt: skip
    assert "nothing to compare them with" in headline(alone).answer
    reader = Reader(comparison_page(alone))
    assert "The null market was not played" in "".join(reader.text)


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        ({}, "warn", "something is missing"),
        ({"missing_capabilities": []}, "good", "Guard passed"),
        ({"null_market": None}, "warn", "not played"),
    ],
)
def test_trust_is_said_in_words(changes, level, says) -> None:
    """How far to trust the comparison stands above the answer, in words and not by colour alone."""
    said = headline(changed(sample(), **changes))
    assert (said.level, says in said.word) == (level, True)


def test_a_failed_guard_or_gate_is_the_first_thing_said() -> None:
    """Bad news is not folded away: level, word, remark, and the checks before all charts."""
    page = comparison_page(spoilt())
    assert 'class="verdict bad"' in page
    assert page.index("Gate failed") < page.index("Gate: failed") < page.index("<figure>")
    found = sample()
    broken = found.null_market.model_copy(update={"passed": False})
    assert "guard failed" in headline(changed(found, null_market=broken)).word


def test_blocked_fields_missing_capabilities_and_caveats_are_in_the_open() -> None:
    """All are on the page, none of them inside a fold."""
    found = sample()
    open_text = re.sub("<details>.*?</details>", "", comparison_page(found), flags=re.DOTALL)
    shown = "".join(Reader(open_text).text)
    assert found.blocked_fields
    for field in found.blocked_fields:
        assert f"✕ {field.replace('_', ' ')}" in shown
    for missing in found.missing_capabilities:
        assert missing.reason in shown
    assert found.caveats
    for caveat in found.caveats:
        assert caveat in shown


def test_there_is_a_button_for_each_side_and_no_script() -> None:
    """Each arm has one radio button with a label; the clean room is chosen at first."""
    found = sample()
    page = comparison_page(found)
    ids = re.findall(r'<input type="radio" name="side" id="side-(\w+)"( checked)?>', page)
    assert {i for i, _ in ids} == {a for a, r in found.arms.items() if r.kind == "arm"}
    assert [i for i, chosen in ids if chosen] == ["clean_room"]
    assert re.findall(r'<label for="side-(\w+)">', page) == [i for i, _ in ids]


def test_each_chart_has_its_table() -> None:
    """Under every figure, before the next one, stands a table of its numbers."""
    pieces = comparison_page(sample()).split("<figure>")[1:]
    assert len(pieces) >= 7
    assert all("<table>" in piece for piece in pieces)


def test_a_large_comparison_stays_small() -> None:
    """200 catalogues and long studies fit into 300 KB."""
    found = sample()
    row = found.robustness.rows[0]
    rows = [row.model_copy(update={"catalogue_seed": i}) for i in range(200)]
    assert isinstance(row, RobustnessRow)
    large = changed(
        found,
        robustness=found.robustness.model_copy(update={"rows": rows, "catalogues": 200}),
        dose=found.dose * 10,
        policy_study=found.policy_study * 10,
    )
    assert len(comparison_page(large).encode()) <= 300_000


def test_markdown_tables_are_whole_whatever_names_hold(found) -> None:
    """Every line of a table has as many cells as its head: no name breaks out of its cell."""
    lines = comparison_markdown(found).splitlines()
    tables, width = 0, 0
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|"):
            cells = len(re.findall(r"(?<!\\)\|", line))
            tables += not before.startswith("|")
            width = cells if not before.startswith("|") else width
            assert cells == width
    assert tables >= 3
    assert lines[0].startswith("# ")
    assert not re.search(r"(?<!\\)<img", "\n".join(lines))


def test_markdown_holds_the_answer_and_the_reservations() -> None:
    """Headline, every arm, every share and every caveat are in the text for CI."""
    found = sample()
    text = comparison_markdown(found).replace("\\", "")
    assert text.startswith(f"# {headline(found).answer}")
    for line in (*found.caveats, *found.verdict):
        assert line in text
    for share in found.ablation.fields.values():
        assert _write(share.mean, sign=True) in text


def test_adapters_are_shown_with_gain_recall_and_leak_side_by_side() -> None:
    """Each adapter's gain stands beside its audit, and its error beside that of a mere guess."""
    found = sample()
    recall = {
        "margin_rate": {"n": 41, "answered": 0.875, "wape": 0.123, "wape_of_median": 0.377},
        "price": {"n": 43, "answered": 1.0, "wape": 0.211, "wape_of_median": None},
    }
    delta = found.deltas["joined_vs_clean_room"][found.primary_metric]
    points = [
        FrontierPoint(name="federated", delta=delta, gap_closed=None, recall=recall, leak=None),
        FrontierPoint(name="with_noise", delta=delta, gap_closed=None, recall={},
                      leak={"auc": 0.517, "canary": {"exposure": 2.25}}),
    ]  # fmt: skip
    tables = Reader(comparison_page(changed(found, frontier=points))).tables
    gains = tables["Gain beside leak"]
    assert [r[0] for r in gains[1:]] == ["Federated", "with noise"]
    assert [r[-1] for r in gains[1:]] == ["no audit given", "auc 0.517"]
    known = tables["How near the answers of Federated are"]
    assert known[0] == [
        "Private field", "Facts", "Answered", "Error (WAPE)", "Error of the best single guess",
    ]  # fmt: skip
    assert known[1:] == [
        ["margin rate", "41", "87.5 %", "12.3 %", "37.7 %"],
        ["price", "43", "100.0 %", "21.1 %", "n/a"],
    ]
    assert tables["Audit: canary"][1:] == [["exposure", "2.25"]]
