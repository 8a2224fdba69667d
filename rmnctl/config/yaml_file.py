"""YAML in, validated model out; every complaint at once, by field path and line."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from rmnctl.errors import ConfigError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
FieldPath = tuple[str | int, ...]

#: A configuration is written by a person; anything longer is a mistaken data file.
MAX_BYTES = 4 * 1024 * 1024
#: Stands for a line where a value was given by `--set`.
_BY_SET = 0


@dataclass(frozen=True)
class Loaded(Generic[Model]):
    """A validated configuration with where it came from.

    Attributes:
        model: The validated configuration.
        path: The file it was read from, or None when it came from a program.
        overrides: The `key=value` texts applied on top, as typed.
    """

    model: Model
    path: Path | None
    overrides: tuple[str, ...]


class _Strict:
    """Refuses duplicate keys and never quotes a value."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Build a value; one that cannot be (30 February) is a fault with a line, unquoted."""
        try:
            return super().construct_object(node, deep=deep)  # type: ignore[misc]
        except ValueError as error:
            kind = node.tag.rpartition(":")[2]
            raise _Fault(f"this is no valid {kind}", node.start_mark) from error


class _Loader(_Strict, yaml.SafeLoader):
    """Reads in Python, with complaints that people understand."""


# libyaml reads ten times faster; where it is missing, Python does all the work.
class _FastLoader(_Strict, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads documents without a fault."""


class _Fault(yaml.MarkedYAMLError):
    """A complaint of ours about a document; it repeats keys, never values."""

    def __init__(self, problem: str, mark: yaml.Mark) -> None:
        super().__init__(problem=problem, problem_mark=mark)


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise _Fault("a key must be a plain word", key_node.start_mark)
        if key in seen:
            raise _Fault(f"duplicate key {key!r}", key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


for _one in (_Loader, _FastLoader):
    _one.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def _key_lines(node: yaml.Node | None, path: FieldPath = ()) -> dict[FieldPath, int]:
    lines: dict[FieldPath, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(getattr(key, "value", "")))
            lines[here] = key.start_mark.line + 1
            lines.update(_key_lines(value, here))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            lines.update(_key_lines(item, (*path, index)))
    return lines


def _read_text(path: Path) -> str:
    if not path.exists():
        siblings = [str(p) for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise ConfigError(
            f"{path} does not exist.", hint=did_you_mean(str(path), siblings) if siblings else None
        )
    if path.is_dir():
        raise ConfigError(f"{path} is a directory, not a YAML file.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_BYTES // 2**20} MiB: not a config.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def _problem(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or "not valid YAML"
    if isinstance(error, yaml.composer.ComposerError | yaml.constructor.ConstructorError):
        # These two quote what stands after * or !, which may be an unquoted password.
        return re.sub(r" ?'[^']*'", "", problem)
    return str(problem)


def _document(loader: Any) -> tuple[yaml.Node | None, Any]:
    node = loader.get_single_node()
    return node, loader.construct_document(node) if node is not None else None


def read_yaml(path: Path) -> tuple[Any, dict[FieldPath, int]]:
    """Read one YAML document.

    Returns:
        The data, and the 1-based line of every key by its field path.

    Raises:
        ConfigError: The file is missing, not text, not YAML, or repeats a key.
    """
    text = _read_text(path)
    try:
        try:
            # libyaml takes tabs for blanks; YAML does not.
            node, data = _document((_Loader if "\t" in text else _FastLoader)(text))
        except (RecursionError, yaml.YAMLError):
            node, data = _document(_Loader(text))
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError(f"{where}: {_problem(error)}.") from error
    return data, _key_lines(node)


def parse_overrides(pairs: Sequence[str]) -> list[tuple[FieldPath, Any]]:
    """Parse `--set a.b.0=value` texts; the value is YAML, so numbers and lists work."""
    parsed = []
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator or not key.strip():
            raise ConfigError(f"--set needs key=value, got {key!r} without a value.")
        try:
            value = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader subclass
        except (yaml.YAMLError, RecursionError) as error:
            raise ConfigError(f"--set {key}: the value is not valid YAML.") from error
        path = tuple(int(p) if p.isdigit() else p for p in key.strip().split("."))
        parsed.append((path, value))
    return parsed


def _apply(data: Any, path: FieldPath, value: Any) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        items = list(data) if isinstance(data, list) else []
        if head > len(items):
            raise ConfigError(f"--set: index {head} is past the end of a list of {len(items)}.")
        current = items[head] if head < len(items) else None
        return [*items[:head], _apply(current, rest, value), *items[head + 1 :]]
    fields = dict(data) if isinstance(data, Mapping) else {}
    fields[head] = _apply(fields.get(head), rest, value)
    return fields


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _names_at(model: type[BaseModel], location: FieldPath) -> list[str]:
    """The keys that may stand at a field path; several models may, where a union does."""
    here = [model]
    for part in location:
        fields = [m.model_fields.items() for m in here]
        types = [f.annotation for items in fields for n, f in items if part in {n, f.alias}]
        # An index or the name of a union's member leads to no field: the models stay.
        here = [m for t in types for m in _models_in(t)] or here
    return [field.alias or name for m in here for name, field in m.model_fields.items()]


def _describe(
    error: Any, path: Path | str | None, lines: Mapping[FieldPath, int], model: type[BaseModel]
) -> str:
    location = tuple(part for part in error["loc"] if not str(part).startswith("function-"))
    dotted = ".".join(str(part) for part in location) or "(whole file)"
    line = next(
        (lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), None
    )
    where = f"{path}:{line}: " if path and line else "--set " if line == _BY_SET else ""
    if error["type"] == "extra_forbidden":
        near = did_you_mean(str(location[-1]), _names_at(model, location[:-1]))
        return f"{where}{dotted}: unknown key. {near}"
    return f"{where}{dotted}: {error['msg'].removeprefix('Value error, ')}"


def validate(
    model: type[Model],
    data: Any,
    *,
    path: Path | str | None = None,
    lines: Mapping[FieldPath, int] | None = None,
) -> Model:
    """Validate plain data against a model, reporting every fault at once.

    Args:
        model: The class.
        data: Keys and values.
        path: The file they came from, or the name of another source.
        lines: Lines of the file, by field path.

    Raises:
        ConfigError: With one line per fault: file and line, field path, what is wrong.
    """
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path or 'the configuration'} must hold keys and values.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [
            _describe(e, path, lines or {}, model)
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        raise ConfigError(
            f"{path or 'configuration'} has {count}:\n  " + "\n  ".join(faults),
            hint="rmnctl config show --schemas lists every key with its meaning.",
            details={"faults": faults},
        ) from error


def load_config(
    model: type[Model], path: Path | None, overrides: Sequence[str] = ()
) -> Loaded[Model]:
    """Read, override and validate one configuration file.

    Args:
        model: The configuration class; its `schema` field, if any, gates the version.
        path: The YAML file, or None to start from the defaults.
        overrides: `key=value` texts, later ones winning.

    Raises:
        ConfigError: Anything wrong, all faults at once.
    """
    data, lines = read_yaml(path) if path is not None else ({}, {})
    for keys, value in parse_overrides(overrides):
        data = _apply(data if data is not None else {}, keys, value)
        lines = {k: n for k, n in lines.items() if k[: len(keys)] != keys} | {keys: _BY_SET}
    return Loaded(validate(model, data, path=path, lines=lines), path, tuple(overrides))


def relative_to_config(path: str | os.PathLike[str], config: Path | None) -> Path:
    """Resolve a path named in a configuration.

    Relative paths count from the working directory, as on the command line; where nothing is
    there but a file stands beside the configuration, that file is meant.
    """
    direct = Path(path).expanduser()
    if direct.exists() or direct.is_absolute() or config is None:
        return direct
    beside = config.parent / direct
    return beside if beside.exists() else direct
