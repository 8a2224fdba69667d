"""Plain words whose every number comes from an artifact; a sentence with another is dropped."""

from rmnctl.agents.words.check import Checked, check_sentences, split_sentences
from rmnctl.agents.words.facts import Fact, Facts, Kind
from rmnctl.agents.words.plan_facts import plan_facts
from rmnctl.agents.words.plan_words import explain_plan
from rmnctl.agents.words.step_words import explain_curves, explain_rooms

__all__ = [
    "Checked",
    "Fact",
    "Facts",
    "Kind",
    "check_sentences",
    "explain_curves",
    "explain_plan",
    "explain_rooms",
    "plan_facts",
    "split_sentences",
]
