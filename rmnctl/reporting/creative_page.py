"""The report of a creative run: each delivered ad as it would appear, then how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from rmnctl.reporting.page import Level, Tile, details, note, page, part, section, tiles, verdict
from rmnctl.reporting.tables import columns, number, table

# A page stays readable, and below 300 KB; creatives.json holds everything.
_MOST_ADS, _MOST_DRAFTS = 60, 200
#: Pixels, and letters of a line: bold ones of wide fonts take nine pixels each.
_WIDTH, _LINE = 316, 30
_TITLES = {
    "first_drafts_pass": "first drafts that pass",
    "delivered_share": "texts delivered after repair",
    "requests_served": "requests with all variants",
    "distinctness": "distinctness",
    "tone": "tone of delivered copy",
}


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:.0f} %"


def _lines(words: str) -> list[str]:
    """Text in lines of a mock-up; SVG does not wrap by itself."""
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def ad_picture(creative: Mapping[str, Any], copy: str) -> str:
    """An ad as it would appear, in plain shapes: brand, picture, copy; a self-contained SVG."""
    lines = _lines(copy)
    button = creative["element"] == "cta"
    height = 172 + (12 if button else 22 * len(lines))
    name = f"{creative['brand']}: {copy}"
    shown = (
        f'<rect x="16" y="140" width="{20 + 9 * len(copy)}" height="30" rx="15" fill="#2563a8"/>'
        f'<text x="26" y="160" font-size="14" font-weight="600" fill="#fff">{escape(copy)}</text>'
        if button
        else "".join(
            f'<text x="16" y="{156 + 22 * i}" font-size="15" font-weight="600" fill="#1a1d21">'
            f"{escape(line)}</text>"
            for i, line in enumerate(lines)
        )
    )
    return (
        f'<svg role="img" aria-label="{escape(name)}" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="system-ui, sans-serif">'
        f'<rect x=".5" y=".5" width="{_WIDTH - 1}" height="{height - 1}" rx="10" fill="#fff" '
        'stroke="#c5cbd3"/>'
        f'<text x="16" y="26" font-size="13" font-weight="600" fill="#1a1d21">'
        f"{escape(str(creative['brand']))}</text>"
        f'<text x="{_WIDTH - 16}" y="26" font-size="11" text-anchor="end" fill="#565d66">'
        "Sponsored</text>"
        f'<rect x="16" y="38" width="{_WIDTH - 32}" height="88" rx="6" fill="#e9edf2"/>'
        f'<text x="{_WIDTH // 2}" y="86" font-size="12" text-anchor="middle" fill="#565d66">'
        f"{escape(str(creative['product'])[:44])}</text>{shown}</svg>"
    )


def _texts(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return [(c, v) for c in document["creatives"] for v in c["variants"]]


def _answer(document: Mapping[str, Any]) -> str:
    texts = _texts(document)
    good = sum(v["status"] == "delivered" for _, v in texts)
    held = sum(v["status"] == "held" for _, v in texts)
    level: Level = "good" if good == len(texts) else "warn" if good else "bad"
    missing = sorted(
        {
            f"{layer['adapter_type']} ({one['brand_id']}): {layer['reason']}"
            for one in document["layers"]
            for layer in one["layers"]
            if layer["adapter_id"] is None
        }
    )
    notes = [f"Layer left out: {m}" for m in missing]
    if held:
        notes.append(f"{held} texts wait for a person: no rules are public for their platform.")
    for c in document["creatives"]:
        if c["facts_left_out"]:
            names = ", ".join(c["facts_left_out"])
            notes.append(f"{c['brief']}: facts that speak to a machine were left out: {names}.")
    return verdict(
        level,
        f"{number(good)} of {number(len(texts))} texts can run.",
        "Every one of them was cleared by the rules, says nothing that the facts record does not, "
        "and fits its place. What failed after its last repair is not delivered.",
        dict.fromkeys(notes),
    )


def _figures(document: Mapping[str, Any]) -> str:
    own = document["figures"][document["arm"]]
    return tiles(*(Tile(title, _figure(key, own[key])) for key, title in _TITLES.items()))


def _figure(key: str, value: float | None) -> str:
    if key in {"distinctness", "tone"}:
        return "n/a" if value is None else f"{value:.2f}"
    return _percent(value)


def _with_interval(key: str, figures: Mapping[str, Any]) -> str:
    ends = figures["intervals"][key]
    said = _figure(key, figures[key])
    return said if ends is None else f"{said} ({_figure(key, ends[0])} to {_figure(key, ends[1])})"


def _ads(creative: Mapping[str, Any], left: int) -> str:
    pictures = [
        f"<figure>{ad_picture(creative, v['copy'])}<figcaption>Variant {v['variant']}, "
        f"tone {v['tone']:.2f}</figcaption></figure>"
        for v in creative["variants"]
        if v["status"] == "delivered"
    ][: max(left, 0)]
    failed = [v for v in creative["variants"] if v["status"] != "delivered"]
    said = f"{len(failed)} of {len(creative['variants'])} not delivered." if failed else ""
    title = f"{creative['product']}: {creative['element']} on {creative['platform']}"
    row = '<div style="display:flex;flex-wrap:wrap;gap:1rem">' + "".join(pictures) + "</div>"
    return part(title, row if pictures else "", note(said) if said else "")


def _gallery(document: Mapping[str, Any]) -> str:
    parts, shown = [], 0
    for creative in document["creatives"]:
        parts.append(_ads(creative, _MOST_ADS - shown))
        shown += sum(v["status"] == "delivered" for v in creative["variants"])
    if shown > _MOST_ADS:
        parts.append(note(f"The first {_MOST_ADS} of {shown}; creatives.json holds all."))
    return section("How the ads would appear", *parts)


def _comparison(document: Mapping[str, Any]) -> str:
    arms = document["figures"]
    if len(arms) == 1:
        return ""
    rows = [
        {"arm": name}
        | {k: _with_interval(k, f) for k in _TITLES}
        | {"same": f"as {f['same_as']}: no further layer exists" if "same_as" in f else ""}
        for name, f in arms.items()
    ]
    shown = columns({"arm": "written by", **_TITLES, "same": "remark"}, {})
    return section(
        "What the layers change",
        table(
            rows, shown, caption="The same briefs, checks and seeds; in brackets the 95 % interval"
        ),
    )


def _drafts(document: Mapping[str, Any]) -> str:
    rows: Sequence[Mapping[str, Any]] = [
        {
            "brief": c["brief"],
            "element": c["element"],
            "variant": v["variant"],
            "round": d["round"],
            "text": d["text"],
            "verdict": d["verdict"],
            "found": " ".join(
                [f"{f['rule']}: {f['message']}" for f in d["findings"]]
                + [f"{p['rule']}: {p['message']}" for p in d["problems"]]
            )
            or "nothing",
        }
        for c, v in _texts(document)
        for d in v["drafts"]
    ]
    headings = {k: k for k in ("brief", "element", "variant", "round", "text", "verdict", "found")}
    cut = f"The first {_MOST_DRAFTS} of {len(rows)}." if len(rows) > _MOST_DRAFTS else ""
    shown = columns(headings, {"variant": "", "round": ""})
    drafts = table(rows[:_MOST_DRAFTS], shown, caption="Every draft and what was found", note=cut)
    return section("How they came about", details("Drafts, findings and repairs", drafts))


def creative_page(document: Mapping[str, Any]) -> str:
    """HTML of a creative report; the same document gives the same bytes."""
    return page(
        "Ad copy",
        "Written by the composed model, checked against rules and facts.",
        _answer(document),
        _figures(document),
        _gallery(document),
        _comparison(document),
        _drafts(document),
        footer="Beside this page: creatives.json and creatives.parquet hold every draft, finding "
        "and repair. Pictures are mock-ups; a retailer's own page looks different.",
    )
