"""A clean room: suppress first, aggregate second, answer only from what was released."""

from rmnctl.cleanroom.answer import VERB, Answer, LocalRoom
from rmnctl.cleanroom.ledger import Ledger, LedgerFault, all_ledgers
from rmnctl.cleanroom.policy import Policy, find_policy, load_policy
from rmnctl.cleanroom.query import Query, parse_query, parse_text, read_query
from rmnctl.cleanroom.refusals import Code, Refusal, Unavailable
from rmnctl.cleanroom.release import Release

__all__ = [
    "VERB",
    "Answer",
    "Code",
    "Ledger",
    "LedgerFault",
    "LocalRoom",
    "Policy",
    "Query",
    "Refusal",
    "Release",
    "Unavailable",
    "all_ledgers",
    "find_policy",
    "load_policy",
    "parse_query",
    "parse_text",
    "read_query",
]
