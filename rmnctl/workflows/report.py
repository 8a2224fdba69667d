"""`rmnctl report`: where a run's report lies, or the same report made anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.comparison.document import COMPARISON_SCHEMA
from rmnctl.config import Settings
from rmnctl.errors import ConfigError, RunError
from rmnctl.harmonization.summary import REPORT_SCHEMA
from rmnctl.planning import PLAN_SCHEMA
from rmnctl.reporting.comparison_markdown import comparison_markdown
from rmnctl.reporting.comparison_page import comparison_page
from rmnctl.reporting.creative_page import creative_page
from rmnctl.reporting.harmonize_page import harmonize_page
from rmnctl.reporting.plan_page import plan_page
from rmnctl.runs import Manifest, Status, list_runs, open_artifact, resolve
from rmnctl.tables import write_bytes
from rmnctl.workflows.compare import read_comparison
from rmnctl.workflows.creative import CREATIVES_SCHEMA

PAGE, PAGE_SCHEMA = "report.html", "html/v1"


@dataclass(frozen=True)
class _Source:
    """What a report of one kind of run is made from.

    Attributes:
        artifact: Holds every figure of the report.
        schema: Of that artifact.
        renderers: File ending to what makes the text.
    """

    artifact: str
    schema: str
    renderers: dict[str, Callable[[Path], str]]


def _from_json(render: Callable[[Any], str]) -> Callable[[Path], str]:
    return lambda path: render(json.loads(path.read_text(encoding="utf-8")))


_SOURCES = {
    "harmonize": _Source("report.json", REPORT_SCHEMA, {".html": _from_json(harmonize_page)}),
    "plan": _Source("plan.json", PLAN_SCHEMA, {".html": _from_json(plan_page)}),
    "creative": _Source("creatives.json", CREATIVES_SCHEMA, {".html": _from_json(creative_page)}),
    "compare": _Source(
        "comparison.json",
        COMPARISON_SCHEMA,
        {
            ".html": lambda path: comparison_page(read_comparison(path)),
            ".md": lambda path: comparison_markdown(read_comparison(path)),
        },
    ),
}


def report(
    run: str | None = None, settings: Settings | None = None, *, output: Path | None = None
) -> Path:
    """The report of a run.

    Args:
        run: The run; by default the newest one that has a report.
        settings: Where runs lie.
        output: Make the report anew from the run's own figures and write it here; the run
            folder stays as it is. `.html`, for comparisons also `.md`.

    Returns:
        The file.

    Raises:
        RunError: No such run, or it has no report.
        InputError: The figures cannot be read.
        ConfigError: A report of that kind cannot be written as such a file.
    """
    settings = settings or Settings()
    folder, manifest = resolve(settings.runs, run or _newest(settings.runs))
    if output is None:
        return open_artifact(folder, manifest, PAGE, PAGE_SCHEMA)
    source = _SOURCES.get(manifest.verb)
    if source is None or manifest.artifact(source.artifact) is None:
        raise RunError(
            f"{manifest.run_id} has nothing to make a report from.",
            hint=f"Runs of {', '.join(_SOURCES)} have.",
        )
    render = source.renderers.get(output.suffix.lower())
    if render is None:
        raise ConfigError(
            f"{output}: a report of {manifest.verb} is written as {', '.join(source.renderers)}.",
            hint="Name a file with such an ending.",
        )
    path = open_artifact(folder, manifest, source.artifact, source.schema)
    write_bytes(output, render(path).encode())
    return output


def _newest(runs: Path) -> str:
    def has_page(manifest: Manifest) -> bool:
        return manifest.status is Status.COMPLETE and manifest.artifact(PAGE) is not None

    found = next((m.run_id for m in list_runs(runs) if has_page(m)), None)
    if found is None:
        raise RunError(f"No run in {runs} has a report.", hint="Run `rmnctl demo` first.")
    return found
