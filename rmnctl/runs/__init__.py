"""Run folders: one immutable folder per execution, described by its manifest."""

from rmnctl.runs.chain import ChainFault, HashChain
from rmnctl.runs.manifest import MANIFEST_SCHEMA, Artifact, InputRecord, Manifest, Status
from rmnctl.runs.run import Input, Run, file_input
from rmnctl.runs.store import artifact_input, list_runs, open_artifact, resolve, unfinished
from rmnctl.runs.verify import Difference, Fault, diff_runs, verify_runs

__all__ = [
    "MANIFEST_SCHEMA",
    "Artifact",
    "ChainFault",
    "Difference",
    "Fault",
    "HashChain",
    "Input",
    "InputRecord",
    "Manifest",
    "Run",
    "Status",
    "artifact_input",
    "diff_runs",
    "file_input",
    "list_runs",
    "open_artifact",
    "resolve",
    "unfinished",
    "verify_runs",
]
