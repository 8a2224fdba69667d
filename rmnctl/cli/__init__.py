"""The command line: parses, calls one workflow, prints. The only importer of typer and rich."""

from rmnctl.cli.app import main

__all__ = ["main"]
