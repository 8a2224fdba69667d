"""JSON reports: a list of objects, one object a line, or a list under a key.

Numbers keep the digits they were written with; a float would already have changed them.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.raw import RaggedRow, ReadSpec, stream_schema
from rmnctl.harmonization.reading.report_file import open_bytes, readable

_BATCH_ROWS = 20_000
_CHUNK = 1 << 20
_LARGEST_CHUNK = 1 << 26
_SPACE = " \t\r\n,"


class JsonReport:
    """A JSON file of records; the header is the union of their keys, in order of appearance.

    Attributes:
        path: The file.
        header: Every key of any record.
        ragged: Always empty: a record without a key simply does not know it.
    """

    def __init__(self, path: Path, spec: ReadSpec) -> None:
        self.path = path
        self.ragged: list[RaggedRow] = []
        self._spec = spec
        # Exact digits, and a refusal of NaN, which no other reader would understand.
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
        keys: dict[str, None] = {}
        for record in self._records():
            keys.update(dict.fromkeys(record))
        if not keys:
            raise InputError(f"{path} holds no records.")
        self.header = tuple(keys)

    def _fail(self, what: str) -> InputError:
        return InputError(
            f"{self.path} {what}.",
            hint="Expected a list of objects, one object a line, or read.records naming the list.",
        )

    def _text_chunks(self) -> Iterator[str]:
        encoding = "utf-8-sig" if self._spec.encoding == "auto" else self._spec.encoding
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        size = _CHUNK
        with open_bytes(self.path) as stream:
            while chunk := stream.read(size):
                yield decoder.decode(chunk)
                # A value cut by a chunk is parsed again from its start; growing keeps that cheap.
                size = min(2 * size, _LARGEST_CHUNK)
            yield decoder.decode(b"", final=True)

    def _values(self) -> Iterator[Any]:
        """Top-level values; the items of a top-level list count as such."""
        buffer, position, in_list, first = "", 0, False, True
        for chunk in self._text_chunks():
            buffer, position = buffer[position:] + chunk, 0
            while True:
                while position < len(buffer) and buffer[position] in _SPACE:
                    position += 1
                if first and position < len(buffer) and buffer[position] == "[":
                    in_list, first, position = True, False, position + 1
                    continue
                if position >= len(buffer) or (in_list and buffer[position] == "]"):
                    break
                try:
                    value, end = self._decoder.raw_decode(buffer, position)
                except json.JSONDecodeError:
                    break  # perhaps cut at the end of the chunk
                if end == len(buffer) and not isinstance(value, dict | list):
                    break
                first, position = False, end
                yield value
        rest = buffer[position:].strip(_SPACE)
        if rest != ("]" if in_list else ""):
            raise self._fail("is not complete JSON")

    def _records(self) -> Iterator[dict[str, Any]]:
        with readable(self.path):
            try:
                for value in self._values():
                    yield from self._unwrap(value)
            except UnicodeDecodeError as error:
                raise self._fail("is not UTF-8 text") from error
            except RecursionError as error:
                raise self._fail("is nested too deeply") from error

    def _unwrap(self, value: Any) -> Iterator[dict[str, Any]]:
        path = self._spec.records
        for key in path.split(".") if path else ():
            if not isinstance(value, dict) or key not in value:
                raise self._fail(f"has no key {path}")
            value = value[key]
        if isinstance(value, dict):
            lists = [
                k for k, v in value.items() if isinstance(v, list) and v and isinstance(v[0], dict)
            ]
            if not path and lists:
                raise InputError(
                    f"{self.path} wraps its records under a key.",
                    hint=f"Set read.records to {' or '.join(lists)}.",
                )
            yield value
        elif isinstance(value, list) and all(isinstance(v, dict) for v in value):
            yield from value
        else:
            raise self._fail("does not hold objects")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the records; see `RawReport`."""
        schema = stream_schema(len(self.header))
        rows: list[dict[str, Any]] = []
        done = 0
        for record in self._records():
            rows.append(record)
            if len(rows) == _BATCH_ROWS:
                yield self._batch(rows, done, schema)
                done, rows = done + len(rows), []
        if rows:
            yield self._batch(rows, done, schema)

    def _batch(self, rows: list[dict[str, Any]], done: int, schema: pa.Schema) -> pa.RecordBatch:
        cells = [pa.array([_text(r.get(k)) for r in rows], pa.string()) for k in self.header]
        numbers = pa.array(range(done + 1, done + 1 + len(rows)), pa.int64())
        return pa.RecordBatch.from_arrays([*cells, numbers], schema=schema)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
