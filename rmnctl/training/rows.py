"""Training rows: JSON lines, read strictly; every fault with its line, none hides the others.

SFT: `{"id", "messages": [{"role", "content"}, …]}`; the last message is the answer to learn.
DPO: `{"id", "prompt": [messages], "chosen": [message], "rejected": [message]}`.
Both may carry `brand_id` and `retailer_id` (whose data it is), `wording` and `subject`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rmnctl.config import canonical_json, fingerprint_of
from rmnctl.errors import InputError
from rmnctl.federation.chat import Message
from rmnctl.training.config import Method
from rmnctl.training.faults import Fault

_LABELS = ("wording", "subject", "brand_id", "retailer_id")
_BODY = {Method.SFT: ("messages",), Method.DPO: ("prompt", "chosen", "rejected")}
ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True)
class Row:
    """One conversation with one answer, or with two of which one is better.

    Attributes:
        id: Its name.
        line: Where it stands in its file.
        prompt: The messages before the answer.
        answer: What to say.
        rejected: DPO: what not to say.
        labels: wording, subject, brand_id, retailer_id, where given.
    """

    id: str
    line: int
    prompt: tuple[Message, ...]
    answer: str
    rejected: str | None = None
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Digest of the conversation, whatever the row is called."""
        return fingerprint_of([list(self.prompt), self.answer, self.rejected])


@dataclass
class RowFile:
    """The rows of one file.

    Attributes:
        path: The file.
        rows: Those that could be read.
        faults: What is wrong with the others.
        remarks: What is odd, but no fault.
    """

    path: Path
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)


class _Wrong(Exception):
    """A row that cannot be used: code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def read_rows(path: Path, method: Method) -> RowFile:
    """Read a file of rows.

    Raises:
        InputError: The file is not there or cannot be read at all.
    """
    found = RowFile(path)
    seen: dict[str, int] = {}
    for number, text in _lines(path):
        try:
            data = _parse(text, number)
            row = _row(data, number, method)
            _check_twin(row.id, seen)
        except _Wrong as wrong:
            found.faults.append(Fault(wrong.code, path, number, wrong.message))
            continue
        seen[row.id] = number
        found.rows.append(row)
        unknown = sorted(set(data) - {"id", *_BODY[method], *_LABELS})
        if unknown:
            what = f"unknown key {', '.join(map(repr, unknown[:3]))} is not used"
            found.remarks.append(Fault("UNUSED_KEY", path, number, what))
    if not found.rows and not found.faults:
        found.faults.append(Fault("EMPTY_FILE", path, None, "the file holds no rows"))
    return found


def _check_twin(name: str, seen: dict[str, int]) -> None:
    if name in seen:
        raise _Wrong("DUPLICATE_ID", f"the id is that of line {seen[name]}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as stream:
            for number, text in enumerate(stream, 1):
                if text.strip():
                    yield number, text
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Wrong("BAD_JSON", "a key is given twice")
    return found


def _parse(raw: bytes, number: int) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Wrong("BAD_UTF8", f"byte {error.start + 1} of the line is no UTF-8") from error
    if number == 1 and text.startswith("\ufeff"):
        raise _Wrong("BAD_JSON", "the file begins with a byte order mark; save it without")
    try:
        data = json.loads(text, object_pairs_hook=_no_twins)
    except RecursionError as error:
        raise _Wrong("BAD_JSON", "nested too deeply") from error
    except ValueError as error:
        where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _Wrong("BAD_JSON", f"no JSON{where}; one object a line is needed") from error
    if not isinstance(data, dict):
        raise _Wrong("BAD_JSON", "a row must be an object")
    return data


def _row(data: dict[str, Any], number: int, method: Method) -> Row:
    body = _BODY[method]
    missing = [key for key in ("id", *body) if key not in data]
    if missing:
        other = Method.DPO if method is Method.SFT else Method.SFT
        like = f"; this looks like a {other} row" if set(_BODY[other]) <= set(data) else ""
        raise _Wrong("MISSING_KEY", f"{', '.join(missing)} is missing{like}")
    if not isinstance(data["id"], str | int) or data["id"] == "":
        raise _Wrong("BAD_ID", "id must be a text")
    labels = {key: data[key] for key in _LABELS if data.get(key) is not None}
    if not all(isinstance(value, str) for value in labels.values()):
        raise _Wrong("BAD_LABEL", f"{', '.join(_LABELS)} must be texts")
    name = str(data["id"])
    if method is Method.SFT:
        messages = _messages(data["messages"], "messages")
        _check_order(messages)
        return Row(name, number, tuple(messages[:-1]), messages[-1]["content"], None, labels)
    prompt = _messages(data["prompt"], "prompt")
    chosen, rejected = (_messages(data[key], key) for key in ("chosen", "rejected"))
    if len(chosen) != 1 or len(rejected) != 1:
        raise _Wrong("BAD_ANSWER", "chosen and rejected must hold one message each")
    for answer in (chosen, rejected):
        _check_order([*prompt, *answer])
    if canonical_json(chosen) == canonical_json(rejected):
        raise _Wrong("SAME_ANSWERS", "chosen and rejected are the same: nothing to prefer")
    return Row(name, number, tuple(prompt), chosen[0]["content"], rejected[0]["content"], labels)


def _messages(value: Any, key: str) -> list[Message]:
    if not isinstance(value, list) or not value:
        raise _Wrong("BAD_MESSAGES", f"{key} must be a list of messages")
    for place, message in enumerate(value, 1):
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise _Wrong("BAD_MESSAGES", f"{key}, message {place}: needs role and content only")
        role, content = message["role"], message["content"]
        if role not in ROLES:
            raise _Wrong("BAD_ROLE", f"{key}, message {place}: role must be {', '.join(ROLES)}")
        if not isinstance(content, str) or not content.strip():
            raise _Wrong("EMPTY_CONTENT", f"{key}, message {place}: content is empty or no text")
        if any("\ud800" <= letter <= "\udfff" for letter in content):
            raise _Wrong("BAD_UTF8", f"{key}, message {place}: content holds half a character")
    return list(value)


def _check_order(messages: list[Message]) -> None:
    """System first if at all; then user or tool, and assistant, in turns; the answer last."""
    if messages[-1]["role"] != "assistant":
        raise _Wrong("NO_ANSWER", "the last message must be the assistant's: it is what is learned")
    before = "system"
    for place, message in enumerate(messages, 1):
        role = message["role"]
        right = {
            "system": place == 1,
            "user": before in {"system", "assistant"},
            "tool": before in {"assistant", "tool"} and place > 1,
            "assistant": before in {"user", "tool"} and place > 1,
        }[role]
        if not right:
            raise _Wrong("ROLE_ORDER", f"message {place}: {role} cannot come here")
        before = role
