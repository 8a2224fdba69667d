"""CSV and TSV: Arrow's streaming parser, with ragged records kept aside instead of lost."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.disk import open_bytes, readable
from rmnctl.harmonization.reading.raw import RaggedRow, ReadSpec, stream_schema

_BLOCK_BYTES = 4 << 20
_HEADER_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class CsvReport:
    """A delimited text file.

    Attributes:
        path: The file.
        header: Column names exactly as they stand in the file.
        ragged: Records with too few or too many cells, filled while `batches` is read.
    """

    def __init__(self, path: Path, spec: ReadSpec) -> None:
        self.path = path
        self.ragged: list[RaggedRow] = []
        with readable(path):
            with open_bytes(path) as stream:
                head = stream.read(_HEADER_BYTES)
            self._encoding = self._find_encoding(head, spec)
            text = self._decode(head)
        lines = text.splitlines(keepends=True)[spec.skip_rows :]
        if not lines:
            raise InputError(f"{path} ends before line {spec.skip_rows + 1}, its header.")
        self._delimiter = spec.delimiter or self._find_delimiter(lines[0])
        reader = csv.reader(io.StringIO("".join(lines)), delimiter=self._delimiter)
        try:
            self.header = tuple(next(reader))
        except csv.Error as error:
            raise InputError(f"{path}: the header line cannot be read.") from error
        self._skip = spec.skip_rows + reader.line_num
        self._check_header()

    def _find_encoding(self, head: bytes, spec: ReadSpec) -> str:
        if spec.encoding != "auto":
            try:
                return codecs.lookup(spec.encoding).name
            except LookupError as error:
                raise InputError(f"{self.path}: unknown encoding {spec.encoding!r}.") from error
        return next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")

    def _decode(self, head: bytes) -> str:
        decoder = codecs.getincrementaldecoder(self._encoding)("strict")
        try:
            return decoder.decode(head).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise self._encoding_error() from error

    def _find_delimiter(self, line: str) -> str:
        if self.path.name.removesuffix(".gz").endswith(".tsv"):
            return "\t"
        return max(_DELIMITERS, key=lambda d: len(next(csv.reader([line], delimiter=d))))

    def _check_header(self) -> None:
        if len(self.header) == 1:
            seen = [d for d in _DELIMITERS if d != self._delimiter and d in self.header[0]]
            raise InputError(
                f"{self.path} has a single column when split at {self._delimiter!r}.",
                hint=f"It looks as if {seen[0]!r} separates its columns: set read.delimiter."
                if seen
                else "Is this a report? Check the file and read.skip_rows.",
            )
        if not any(name.strip() for name in self.header):
            raise InputError(f"{self.path}: line {self._skip} has no column names.")

    def _encoding_error(self) -> InputError:
        """Say where the first undecodable byte stands, and whether encodings are mixed."""
        first = valid = 0
        with open_bytes(self.path) as stream:
            for number, line in enumerate(stream, 1):
                try:
                    if not line.isascii() and line.decode(self._encoding):
                        valid = valid or number
                except UnicodeDecodeError:
                    first = first or number
                if first and valid:
                    break
        if first and valid:
            return InputError(
                f"{self.path} mixes encodings: line {valid} is {self._encoding}, line {first} is not.",
                hint="Two exports were pasted together; save each in UTF-8 and harmonize both.",
            )
        return InputError(
            f"{self.path} is not {self._encoding} text (line {first}).",
            hint="If it came from a spreadsheet, set read.encoding to cp1252.",
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the records; see `RawReport`."""
        self.ragged.clear()
        schema = stream_schema(len(self.header))
        names = schema.names[:-1]
        with readable(self.path), open_bytes(self.path) as stream:
            try:
                if not stream.read(1):
                    return
                stream.seek(0)
                yield from self._parse(stream, schema, names)
            except pa.ArrowInvalid as error:
                raise self._parse_error(error) from error
            except UnicodeDecodeError as error:
                raise self._encoding_error() from error

    def _parse(
        self, stream: object, schema: pa.Schema, names: list[str]
    ) -> Iterator[pa.RecordBatch]:
        reader = pc.open_csv(
            stream,
            read_options=pc.ReadOptions(
                use_threads=False,  # with threads, ragged records come without their number
                block_size=_BLOCK_BYTES,
                column_names=names,
                skip_rows=self._skip,
                encoding="utf-8" if self._encoding == "utf-8-sig" else self._encoding,
            ),
            parse_options=pc.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=True,
                invalid_row_handler=self._keep_ragged,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
        good, last = 0, ""
        for batch in reader:
            positions = np.arange(good, good + batch.num_rows)
            # Record numbers count the ragged records that stand before.
            before = np.array([r.row - 1 - i for i, r in enumerate(self.ragged)], dtype=np.int64)
            rows = positions + 1 + np.searchsorted(before, positions, side="right")
            good += batch.num_rows
            if batch.num_rows:
                last = batch.column(batch.num_columns - 1)[-1].as_py()
            yield pa.RecordBatch.from_arrays([*batch.columns, pa.array(rows)], schema=schema)

        if not good and not self.ragged:
            raise self._no_records()
        if self.ragged and self.ragged[-1].row == good + len(self.ragged):
            last = self._last_cell(self.ragged[-1].text)
        if "\n" in last and not self._ends_with_quote():
            raise self._open_quote()

    def _last_cell(self, record: str) -> str:
        try:
            return next(csv.reader(io.StringIO(record, newline=""), delimiter=self._delimiter))[-1]
        except csv.Error:
            return record  # a cell too long for the reader: the quote was never closed

    def _ends_with_quote(self) -> bool:
        """Whether the file closes its last cell; Arrow takes the end of the file for a quote."""
        with open_bytes(self.path) as stream:
            stream.seek(max(0, stream.seek(0, io.SEEK_END) - 64))
            tail = stream.read().replace(b"\0", b"")  # UTF-16 has zeros between
        return tail.rstrip().endswith(b'"')

    def _no_records(self) -> InputError:
        return InputError(
            f"{self.path} has a header and no records.",
            hint="Fetch the report again, or leave it out.",
        )

    def _open_quote(self) -> InputError:
        return InputError(
            f"{self.path} cannot be split into records: a quoted cell is never closed, "
            "or one record is larger than the reader allows.",
            hint="Look for a stray quotation mark, or fetch the report again.",
        )

    def _keep_ragged(self, row: pc.InvalidRow) -> str:
        self.ragged.append(RaggedRow(row.number - self._skip, row.text, row.actual_columns))
        return "skip"

    def _parse_error(self, error: pa.ArrowInvalid) -> InputError:
        # Arrow's own text quotes cells; only its kind is passed on.
        text = str(error).lower()
        if "utf8" in text or "utf-8" in text:
            return self._encoding_error()
        if "empty csv" in text or "could not skip initial" in text:
            return self._no_records()
        return self._open_quote()
