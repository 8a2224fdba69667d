"""Pixels of a PNG that a browser made, standard library only."""

from __future__ import annotations

import struct
import zlib

CHANNELS = {2: 3, 6: 4}


def pixels(png: bytes) -> list[list[tuple[int, int, int]]]:
    """Rows of (red, green, blue) of an 8-bit PNG without interlacing."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    place, data, header = 8, b"", b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        header = content if kind == b"IHDR" else header
        data += content if kind == b"IDAT" else b""
        place += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    assert (depth, interlaced) == (8, 0)
    size = CHANNELS[colour]
    raw, stride = zlib.decompress(data), width * size
    before, rows = bytearray(stride), []
    for y in range(height):
        start = y * (stride + 1)
        line = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], line, before, size)
        rows.append([(line[i], line[i + 1], line[i + 2]) for i in range(0, stride, size)])
        before = line
    return rows


def _unfilter(kind: int, line: bytearray, before: bytearray, size: int) -> None:
    """Undo a filter in place (PNG specification, section 9)."""
    for i in range(len(line)):
        left = line[i - size] if i >= size else 0
        corner = before[i - size] if i >= size else 0
        up = before[i]
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda v: abs(guess - v))
        add = (0, left, up, (left + up) // 2, nearest)[kind]
        line[i] = (line[i] + add) % 256
