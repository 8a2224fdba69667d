"""Seeded generators of training text, one module for each kind of adapter."""

from __future__ import annotations

from rmnctl.workflows.corpora.registry import CORPORA, Sources, build_corpus
from rmnctl.workflows.corpora.rows import Corpus, Row, jsonl

__all__ = ["CORPORA", "Corpus", "Row", "Sources", "build_corpus", "jsonl"]
