"""JSON reports: a list of objects, one object a line, or a list under a key.

Numbers keep the digits they were written with; a float would already have changed them.
"""

from __future__ import annotations

import codecs
import json
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.disk import open_bytes, readable
from rmnctl.harmonization.reading.raw import RaggedRow, ReadSpec, stream_schema

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
        # Parsed once, spooled as Arrow: later keys widen the header, so a first pass is needed
        # anyway, and parsing JSON costs ten times what reading the spool does.
        self._spool = tempfile.TemporaryFile(prefix="rmnctl-")  # noqa: SIM115  lives as we do
        weakref.finalize(self, self._spool.close)
        self._places: list[tuple[int, int]] = []
        self.header = self._parse_all()
        if not self.header:
            raise InputError(f"{path} holds no records.")

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

    def _parse_all(self) -> tuple[str, ...]:
        keys: dict[str, None] = {}
        rows: list[dict[str, Any]] = []
        done = 0
        for record in self._records():
            keys.update(dict.fromkeys(record))
            rows.append(record)
            if len(rows) == _BATCH_ROWS:
                self._keep(rows, done, tuple(keys))
                done, rows = done + len(rows), []
        if rows:
            self._keep(rows, done, tuple(keys))
        return tuple(keys)

    def _keep(self, rows: list[dict[str, Any]], done: int, keys: tuple[str, ...]) -> None:
        cells = [pa.array([_text(r.get(k)) for r in rows], pa.string()) for k in keys]
        numbers = pa.array(range(done + 1, done + 1 + len(rows)), pa.int64())
        batch = pa.RecordBatch.from_arrays([*cells, numbers], schema=stream_schema(len(keys)))
        self._places.append((self._spool.tell(), len(keys)))
        with pa.ipc.new_stream(self._spool, batch.schema) as writer:
            writer.write_batch(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the records; see `RawReport`."""
        schema = stream_schema(len(self.header))
        for start, width in self._places:
            self._spool.seek(start)
            batch = pa.ipc.open_stream(self._spool).read_next_batch()
            missing = [pa.nulls(len(batch), pa.string())] * (len(self.header) - width)
            cells = [*batch.columns[:-1], *missing, batch.columns[-1]]
            yield pa.RecordBatch.from_arrays(cells, schema=schema)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
