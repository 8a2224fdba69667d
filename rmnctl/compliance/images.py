"""What rules ask of an image, measured from its file: size, format, background, colours, length.

The file is believed before what the facts say about it. Words in an image are not read: `text`
and `text_px` stay facts.
"""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence, UnidentifiedImageError

from rmnctl.compliance.facts import Asset, Copy
from rmnctl.errors import InputError

#: An image is measured on at most so many pixels a side.
_SAMPLE = 256
#: Colours nearer than this in every channel are one: compression blurs flat areas.
_STEP = 8
#: A flat colour fills this share of the border; two colours fill this share of a flat picture.
_BORDER_SHARE, _FLAT_SHARE = 0.9, 0.8
#: Letters cover more than this share of a picture.
_LETTERS_SHARE = 0.005
_TRANSPARENT = 16

Pixel = tuple[int, int, int, int]


def measure(path: Path) -> dict[str, Any]:
    """Measure an image file.

    Returns:
        Values for the keys of an asset: width, height (pixels), bytes, format, and where they
        can be told background, colors (letters, then background) and seconds.

    Raises:
        InputError: It is missing, no image, or larger than an image can honestly be.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                found: dict[str, Any] = {
                    "width": image.width,
                    "height": image.height,
                    "bytes": path.stat().st_size,
                    "format": (image.format or "").lower().replace("jpeg", "jpg"),
                }
                if getattr(image, "is_animated", False):
                    frames = ImageSequence.Iterator(image)
                    found["seconds"] = sum(f.info.get("duration", 0) for f in frames) / 1000
                    image.seek(0)
                return found | _colours(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path.name} has more pixels than an ad can have.") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path.name} is no image.") from error
    except FileNotFoundError as error:
        raise InputError(f"{path.name} does not exist.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as an image.") from error


def _colours(image: Image.Image) -> dict[str, Any]:
    """Background and letters, as far as the picture is flat enough to tell."""
    # Nearest pixels, not averages: averaging would make colours that nobody sees.
    small = image.convert("RGBA")
    small.thumbnail((_SAMPLE, _SAMPLE), Image.Resampling.NEAREST)
    width, height = small.size
    pixels: list[Pixel] = list(zip(*(band.tobytes() for band in small.split()), strict=True))
    border = [p for i, p in enumerate(pixels) if _on_border(i, width, height)]
    background, share = _commonest(border)
    if share < _BORDER_SHARE:
        return {}
    if background is None:
        return {"background": "transparent"}
    found: dict[str, Any] = {"background": _hex(background)}
    inside = Counter(_bin(p) for p in pixels if p[3] >= _TRANSPARENT)
    back = _bin(background)
    others = [(colour, n) for colour, n in inside.most_common() if not _near(colour, back)]
    if not others:
        return found
    letters, _ = others[0]
    flat = sum(n for c, n in inside.items() if _near(c, back) or _near(c, letters))
    covered = sum(n for c, n in inside.items() if _near(c, letters))
    if flat >= _FLAT_SHARE * len(pixels) and covered >= _LETTERS_SHARE * len(pixels):
        sample, _ = _commonest([p for p in pixels if _near(_bin(p), letters)])
        found["colors"] = [_hex(sample or (*letters, 255)), _hex(background)]
    return found


def _on_border(index: int, width: int, height: int) -> bool:
    row, column = divmod(index, width)
    return row in {0, height - 1} or column in {0, width - 1}


def _bin(pixel: Pixel) -> tuple[int, int, int]:
    red, green, blue, _ = pixel
    return red // _STEP, green // _STEP, blue // _STEP


def _near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 1 for a, b in zip(one, other, strict=True))


def _commonest(pixels: list[Pixel]) -> tuple[Pixel | None, float]:
    """The commonest colour and its share; None stands for transparency."""
    bins = Counter(_bin(p) if p[3] >= _TRANSPARENT else None for p in pixels)
    (best, _), *_ = bins.most_common(1)
    if best is None:
        return None, bins[None] / len(pixels)
    same = Counter(p for p in pixels if p[3] >= _TRANSPARENT and _near(_bin(p), best))
    return same.most_common(1)[0][0], sum(same.values()) / len(pixels)


def _hex(pixel: tuple[int, ...]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in pixel[:3])


def with_files(copy: Copy, folder: Path) -> tuple[Copy, list[Path]]:
    """The copy with what its image files measure, and those files.

    Args:
        copy: A line of input; its `image` and `logo` may name a `file`.
        folder: Where relative paths count from.

    Raises:
        InputError: A file is missing or is no image.
    """
    changed: dict[str, Asset] = {}
    files = []
    for name in ("image", "logo"):
        asset: Asset | None = getattr(copy.context, name)
        if asset is None or asset.file is None:
            continue
        path = folder / asset.file
        try:
            found = measure(path)
        except InputError as error:
            raise InputError(f"{name}.file: {error.message}") from error
        changed[name] = asset.model_copy(update=found)
        files.append(path)
    if not changed:
        return copy, []
    context = copy.context.model_copy(update=changed)
    return copy.model_copy(update={"context": context}), files
