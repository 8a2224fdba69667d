"""What every command shares: its common options, its output, and how its errors are shown."""

from __future__ import annotations

import _thread
import functools
import inspect
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from rmnctl.errors import Interrupted, RmnctlError

if TYPE_CHECKING:
    from rmnctl.config import Settings
    from rmnctl.runs import Run

RESULT_SCHEMA = "rmnctl/result/v1"
ERROR_SCHEMA = "rmnctl/error/v1"
BUG_EXIT_CODE = 70


@dataclass
class Shell:
    """The common options of one call.

    Attributes:
        overrides: `--set` texts.
        seed: `--seed`, or None.
        runs: `--runs`, or None.
        json: One JSON document on stdout and nothing else.
        quiet: No talk on stderr.
        verbose: More talk.
        debug: Tracebacks.
        no_color: No colours even on a terminal.
    """

    overrides: tuple[str, ...] = ()
    seed: int | None = None
    runs: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False
    no_color: bool = False

    def settings(self) -> Settings:
        """Settings of this call: flags over environment over files over defaults."""
        from rmnctl.config import load_settings

        settings, _ = load_settings({"runs": self.runs, "json": self.json or None})
        if settings.json_output:
            self.json = True
        return settings

    def overrides_with_seed(self, key: str) -> tuple[str, ...]:
        """`--set` texts, with `--seed` as the last word on its configuration key."""
        return (*self.overrides, *(() if self.seed is None else (f"{key}={self.seed}",)))

    def say(self, text: str) -> None:
        """Talk to the person, on stderr."""
        if not self.quiet and not self.json:
            typer.echo(text, err=True)

    def result(
        self,
        command: str,
        text: str,
        *,
        run: Run | None = None,
        result: Any = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> None:
        """Print the result on stdout: text for people, or the one JSON document."""
        if not self.json:
            typer.echo(text)
            return
        document = {
            "schema": RESULT_SCHEMA,
            "command": command,
            "run_id": run.run_id if run else None,
            "run_dir": str(run.folder) if run else None,
            "status": run.manifest.status.value if run else "complete",
            "artifacts": [a.plain() for a in run.manifest.artifacts] if run else [],
            "metrics": dict(metrics if metrics is not None else run.metrics if run else {}),
            "result": result,
        }
        typer.echo(json.dumps(document, ensure_ascii=False, default=str))


Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one key of the configuration; may be given many times.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of every random draw.")]
Runs = Annotated[
    Path | None,
    typer.Option("--runs", metavar="DIR", help="Folder of run folders. [default: runs]"),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="More talk on stderr; may be repeated.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours, even on a terminal.")]

_COMMON: dict[str, tuple[Any, Any]] = {
    "overrides": (Overrides, None),
    "seed": (Seed, None),
    "runs": (Runs, None),
    "json": (Json, False),
    "quiet": (Quiet, False),
    "verbose": (Verbose, 0),
    "debug": (Debug, False),
    "no_color": (NoColor, False),
}


def common(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options; its first argument becomes the `Shell` they make.

    The options are added to the signature that Typer reads, so every command has the same.
    """
    hints = get_type_hints(function, include_extras=True)
    shell_name, *own = inspect.signature(function).parameters.values()
    added = [
        inspect.Parameter(
            f"common_{name}", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, (annotation, default) in _COMMON.items()
    ]

    @functools.wraps(function)
    def command(**given: Any) -> None:
        values = {name: given.pop(f"common_{name}") for name in _COMMON}
        values["overrides"] = tuple(values["overrides"] or ())
        values["json"] = values["json"] or _environment_json()
        function(Shell(**values), **given)

    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[p.name]) for p in own]
    del shell_name
    command.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (*own, *added)}
    return command


def _environment_json() -> bool:
    return os.environ.get("RMNCTL_JSON", "").lower() in {"1", "true", "yes"}


def show_error(error: RmnctlError, *, as_json: bool) -> None:
    """Print an error on stderr, as text or as the JSON envelope."""
    if as_json:
        envelope = {
            "schema": ERROR_SCHEMA,
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "details": error.details,
        }
        typer.echo(json.dumps(envelope, ensure_ascii=False, default=str), err=True)
        return
    typer.echo(f"Error: {error.message}", err=True)
    if error.hint:
        typer.echo(f"Hint: {error.hint}", err=True)


class _Usage(RmnctlError):
    exit_code = 2
    code = "USAGE"


class _Bug(RmnctlError):
    exit_code = BUG_EXIT_CODE
    code = "BUG"


@contextmanager
def _no_lost_interrupt() -> Iterator[None]:
    """An interrupt that lands where Python swallows exceptions, as in a destructor, comes again."""
    usual = sys.unraisablehook

    def hook(swallowed: sys.UnraisableHookArgs) -> None:
        if swallowed.exc_type is KeyboardInterrupt:
            # From another thread and a moment later: raised in here it would be swallowed again.
            threading.Timer(0.05, _thread.interrupt_main).start()
        else:
            usual(swallowed)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual


def guarded(call: Callable[[], Any], argv: Sequence[str]) -> int:
    """Run the application; show whatever goes wrong; return the exit code.

    This is the one place where errors meet the user. Unknown exceptions are bugs: their text
    may hold data, so it is shown only with --debug.
    """
    as_json = "--json" in argv or _environment_json()
    debug = "--debug" in argv
    try:
        with _no_lost_interrupt():
            code = call()
    except RmnctlError as error:
        if debug:
            traceback.print_exc()
        show_error(error, as_json=as_json)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        show_error(Interrupted("Interrupted; nothing half-written is kept."), as_json=as_json)
        return Interrupted.exit_code
    except BrokenPipeError:
        # The reader of our output has gone; so do we, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the last resort: whatever it is, it is a bug
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            return _usage(error, as_json=as_json)
        if debug:
            traceback.print_exc()
        bug = _Bug(
            f"A bug in rmnctl: {type(error).__name__}.",
            hint="Run again with --debug and report the traceback; check it for data first.",
        )
        show_error(bug, as_json=as_json)
        return BUG_EXIT_CODE
    return int(code or 0)


def _usage(error: Any, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "rmnctl"
    show_error(
        _Usage(error.format_message(), hint=f"`{path} --help` shows what it takes."),
        as_json=as_json,
    )
    return 2
