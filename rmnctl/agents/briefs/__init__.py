"""Briefs: what a planner writes, read as a request in which no number is invented."""

from rmnctl.agents.briefs.problems import Code, Problem
from rmnctl.agents.briefs.reader import Adviser, Understood, understand
from rmnctl.agents.briefs.vocabulary import Named, Product, Vocabulary

__all__ = [
    "Adviser",
    "Code",
    "Named",
    "Problem",
    "Product",
    "Understood",
    "Vocabulary",
    "understand",
]
