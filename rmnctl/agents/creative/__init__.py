"""Ad copy: briefs in, checked copy out; what breaks a rule or invents a fact is not delivered."""

from rmnctl.agents.creative.agent import CreativeAgent, CreativeAnswer, CreativeAsk
from rmnctl.agents.creative.brief import Brief, Piece, Voice, fitting, pieces_of
from rmnctl.agents.creative.checks import faults_of
from rmnctl.agents.creative.distinct import distinctness, overlap
from rmnctl.agents.creative.inventions import Problem, inventions
from rmnctl.agents.creative.loop import Creative, Draft, Status, Variant, create
from rmnctl.agents.creative.prompt import (
    SYSTEM,
    Known,
    draft_prompt,
    known_facts,
    repair_prompt,
    sayable,
)
from rmnctl.agents.creative.tone import tone_problems, tone_score
from rmnctl.agents.creative.using import Using, using
from rmnctl.agents.creative.writer import Asked, FederationWriter, Writer, Written

__all__ = [
    "SYSTEM",
    "Asked",
    "Brief",
    "Creative",
    "CreativeAgent",
    "CreativeAnswer",
    "CreativeAsk",
    "Draft",
    "FederationWriter",
    "Known",
    "Piece",
    "Problem",
    "Status",
    "Using",
    "Variant",
    "Voice",
    "Writer",
    "Written",
    "create",
    "distinctness",
    "draft_prompt",
    "faults_of",
    "fitting",
    "inventions",
    "known_facts",
    "overlap",
    "pieces_of",
    "repair_prompt",
    "sayable",
    "tone_problems",
    "tone_score",
    "using",
]
