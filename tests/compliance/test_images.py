"""Images measured from their files, and held to the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from rmnctl.compliance import Copy, Engine, Verdict
from rmnctl.compliance.images import measure, with_files
from rmnctl.config import Settings
from rmnctl.errors import InputError
from rmnctl.workflows.check_copy import check_copy


def picture(
    path: Path,
    size: tuple[int, int] = (600, 600),
    background: str | None = "white",
    letters: str | None = "black",
) -> Path:
    """An image with a block of letters' colour in its middle; no background: transparent."""
    image = Image.new("RGBA", size, (0, 0, 0, 0) if background is None else background)
    if letters is not None:
        width, height = size
        box = (width // 3, height // 3, width // 2, height // 2)
        ImageDraw.Draw(image).rectangle(box, fill=letters)
    kinds = {".jpg": "RGB", ".gif": "P"}
    image.convert(kinds.get(path.suffix, "RGBA")).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "made", "expected"),
    [
        (
            "a.png",
            {"background": "#eeddcc", "letters": "#112233"},
            {"format": "png", "background": "#eeddcc", "colors": ["#112233", "#eeddcc"]},
        ),
        ("b.png", {"background": None}, {"background": "transparent", "colors": None}),
        ("c.png", {"letters": None}, {"background": "#ffffff", "colors": None}),
        ("d.jpg", {"size": (300, 180)}, {"format": "jpg", "width": 300, "height": 180}),
    ],
)
def test_an_image_is_measured(
    name: str, made: dict[str, Any], expected: dict[str, Any], tmp_path: Path
) -> None:
    """Size, format, background and the two colours of a flat picture are read off the file."""
    path = picture(tmp_path / name, **made)
    found = measure(path)
    assert {key: found.get(key) for key in expected} == expected
    assert found["bytes"] == path.stat().st_size


def test_a_photograph_has_no_flat_colours(tmp_path: Path) -> None:
    """Where no colour fills the border, neither background nor colours are claimed."""
    image = Image.linear_gradient("L").resize((300, 300))
    image.save(tmp_path / "a.png")
    assert not {"background", "colors"} & measure(tmp_path / "a.png").keys()


def test_the_length_of_an_animation_is_measured(tmp_path: Path) -> None:
    """Durations of the frames add up, in seconds."""
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 120, 250)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=15_000)
    assert measure(tmp_path / "a.gif")["seconds"] == 45


@pytest.mark.parametrize(
    ("platform", "key", "made", "rule"),
    [
        ("amazon_sb", "logo", {"size": (400, 400)}, "A28"),
        ("amazon_sb", "logo", {"background": "#224466"}, "A28"),
        ("amazon_sb", "logo", {"background": None}, None),
        ("walmart_sb", "logo", {"size": (300, 180)}, "W05"),
        ("walmart_sb", "logo", {"size": (300, 180), "background": None}, None),
        ("instacart_shoppable", "image", {"size": (1000, 600)}, "I05"),
        ("instacart_shoppable", "image", {"size": (1600, 900)}, None),
        ("criteo_display", "image", {"background": "#999999", "letters": "#aaaaaa"}, "C02"),
        ("criteo_display", "image", {"background": "#222222", "letters": "#eeeeee"}, None),
        ("criteo_display", "image", {}, "C03"),
    ],
)
def test_image_rules_hold_for_files(
    platform: str, key: str, made: dict[str, Any], rule: str | None, engine: Engine, tmp_path: Path
) -> None:
    """The rules on size, background and contrast decide from the file alone."""
    picture(tmp_path / "a.png", **made)
    facts = {"locale": "en-US", "category": "home", "brand": "Norvik", key: "a.png"}
    line = {"id": 1, "platform": platform, "element": "headline", "copy": "Soft rugs"}
    copy, files = with_files(Copy.model_validate(line | {"context": facts}), tmp_path)
    assert files == [tmp_path / "a.png"]
    assert {f.rule for f in engine.check(copy).findings} == ({rule} if rule else set())


def test_the_file_is_believed_before_the_facts(tmp_path: Path) -> None:
    """A width that the facts state gives way to the measured one; words stay as stated."""
    picture(tmp_path / "a.png", (700, 640))
    asset = {"file": "a.png", "width": 9999, "text": ["Norvik"]}
    line = {"id": 1, "platform": "any", "element": "brand", "copy": "x", "context": {"logo": asset}}
    logo = with_files(Copy.model_validate(line), tmp_path)[0].context.logo
    assert logo is not None
    assert (logo.width, logo.height, logo.text) == (700, 640, ["Norvik"])


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n broken", None])
def test_what_is_no_image_is_refused_by_name(content: bytes | None, tmp_path: Path) -> None:
    """An empty, foreign, broken or missing file is an input error that names the file."""
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"^a\.png "):
        measure(path)


def test_an_image_with_too_many_pixels_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that unpacks to a huge picture is not unpacked."""
    picture(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="more pixels"):
        measure(tmp_path / "a.png")


def test_the_command_measures_files_beside_the_copies(tmp_path: Path) -> None:
    """Paths count from the folder of the copies, files are inputs of the run, a bad one is named."""
    picture(tmp_path / "small.png", (100, 100))
    base = {"platform": "amazon_sb", "element": "brand", "copy": "Norvik"}
    facts = {"locale": "en-US", "brand": "Norvik"}
    lines = [
        base | {"id": n, "context": facts | {"logo": name}}
        for n, name in enumerate(("small.png", "gone.png"), start=1)
    ]
    path = tmp_path / "copies.jsonl"
    path.write_text("".join(json.dumps(x) + "\n" for x in lines), encoding="utf-8")
    done = check_copy(path, settings=Settings(runs=tmp_path / "runs"))
    assert [(c.id, c.verdict, c.findings[0].rule) for c in done.copies] == [
        (1, Verdict.VIOLATION, "A28")
    ]
    assert done.bad_lines == {2: ["logo.file: gone.png does not exist."]}
    assert "image 1" in {i.name for i in done.run.manifest.inputs}
