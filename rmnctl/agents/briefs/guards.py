"""What no brief may do: give its reader orders, or ask for fields that no clean room gives."""

from __future__ import annotations

import re

from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.text import Text, find, pattern, phrase_pattern
from rmnctl.agents.briefs.vocabulary import Vocabulary

#: Longer than this is no brief.
MAX_CHARACTERS = 20_000
_WHOSE = r"(?:all|any|every|everything|the|your|my|our|these|those|previous|prior|earlier|above|preceding|former|foregoing|other|of|that|system|original|initial|safety|given|set|established|user'?s?|you were|existing|i|we|have|just|said|written|stated|\W)+"
_ORDERS = (
    (
        rf"\b(?:ignore|disregard|forget|override|overrule|bypass|circumvent|neglect|skip|drop|discard|suspend)\s+{_WHOSE}\s*"
        r"(?:instructions?|rules?|prompts?|guidelines?|commands?|directives?|context|policy|policies|guardrails?|filters?|safeguards?|number|budget|amount|restrictions?|constraints?|limits?|text|message|brief|request)\b"
    ),
    r"\b(?:ignore|disregard|forget|override)\s+(?:all|everything|anything|whatever|what)?\s*(?:of\s+)?(?:the\s+|that\s+(?:is|was|came)\s+|is\s+|was\s+)?(?:above|before|previously|preceding|foregoing|so far)\b",
    r"\b(?:ignore|disregard|forget)\s+(?:what|everything|all)\s+(?:i|we|you|they|was|has been|were)\b[^.]{0,30}\b(?:said|told|wrote|written|asked|given|above|before)\b",
    r"\byou are (?:now|no longer|from now on)\b", r"\byou(?: are|'re) (?:an?|the) (?:\w+\s+){0,3}(?:unrestricted|uncensored|unfiltered|unlimited|jailbroken|assistant|bot|chatbot|model|ai|planner|agent|machine)\b", r"\bfrom now on,? (?:you|act|behave)\b", r"\bact as (?:a|an|if|the|my)\b",
    r"\bfrom here on\b", r"\b(?:skip|disable|bypass|ignore|drop|forget|waive|switch off|turn off)\s+(?:all\s+|any\s+|the\s+|your\s+|every\s+)*(?:checks?|validations?|safeguards?|approvals?)\b", r"\bas an? (?:ai|a\.i\.|llm|assistant|language model|chatbot|bot)\b", r"\bpretend (?:to be|that you|you)\b", r"\b(?:system|developer|hidden) (?:prompt|message|instructions?)\b", r"\bdeveloper mode\b", r"\bjailbr",
    r"</?(?:system|brief|user|assistant|instructions?|prompt|tool|tool_call|im_start|im_end|inst|s|data|input|context)\b[^>]*>", r"<\|[a-z_]+\|>", r"\[/?inst\]", r"\btool_call\b",
    r"(?:^|\n|[>\].!?]\s*)\W{0,3}(?:system|assistant|developer)\s*(?:note|message|override|prompt)?\s*:", r"\bprompt injection\b", r"\bnew (?:instructions?|orders|system)\s*:",
    r"\b(?:assistant|system|admin|administrator|developer|model|ai|llm|planner) (?:note|override|instruction|command|directive|message)\b",
    r"\b(?:dear|hey|attention|note to|to the|message to|message for) (?:ai|a\.i\.|llm|language model|chatbot|gpt|model|assistant|bot|machine reading)\b",
    r"\b(?:reveal|print|show|repeat|output|leak|tell me|dump|give me) (?:me )?(?:your|the) (?:system |hidden |secret |full |initial |original )*(?:prompt|instructions|system message|configuration|api key|password|secrets?|credentials|weights)\b",
    r"\bset (?:the |all |my |our |every )*(?:budget|spend|limits?|caps?|floors?) to (?:zero|0|nothing|unlimited|infinity|null|none)\b",
    r"\b(?:without|no) (?:any )?(?:checks?|validation|restrictions|safety|policy)\b[^.]{0,20}\b(?:applied|needed|required)\b",
    r"\bdo not (?:follow|obey|apply|respect) (?:the|your|any|these)\b", r"\b(?:respond|reply|answer) (?:only )?with\b", r"\boutput (?:only|just|exactly|the following|this)\b",
    r"\b(?:drop|truncate|delete)\s+table\b", r";\s*(?:drop|delete|insert|update)\s+(?:table|from|into|database|\w+ set)\b", r"\bexecute (?:the |this |following )*(?:code|command|script|shell)\b", r"\brm -rf\b", r"\bos\.system\b",
    r"\b(?:override|overrule|bypass|disable|turn off|switch off) (?:the |all |any |your |our )*(?:checks?|validation|guardrails?|safety|policy|policies|privacy|clean[- ]?room|thresholds?|user'?s? \w+)\b",
)  # fmt: skip
_ORDER = re.compile("|".join(f"(?:{o})" for o in _ORDERS))


def check_orders(text: Text) -> None:
    """Refuse a brief that tries to steer its reader.

    Raises:
        Unplannable: INJECTION or TOO_LONG.
    """
    if len(text.low) > MAX_CHARACTERS:
        raise Unplannable(
            Code.TOO_LONG,
            f"The brief has {len(text.low):,} characters; at most {MAX_CHARACTERS:,} are read.",
            "Send the part that says what to plan.",
        )
    hit = _ORDER.search(text.low)
    if hit:
        raise Unplannable(
            Code.INJECTION,
            f'The brief gives orders to its reader: "{text.quote(*hit.span())[:80]}".',
            "A brief says what to plan, nothing else. Take that passage out and send it again.",
        )


_OWN_WORDS = re.compile(r"[a-z]+_[a-z_]+")
_GOAL_BEFORE = re.compile(
    r"\b(?:maximi[sz]\w*|grow|raise|increase|more|most|best|highest|gross|net|contribution|incremental|profit|good|healthy|better|protect|on|for|our|make|earn|"
    r"chase|aim\w*|goal\w*|objective\w*|want\w*|care\w*|target\w*|focus\w*)\s+(?:\w+\s+){0,2}$"
)


def check_fields(text: Text, vocabulary: Vocabulary) -> None:
    """Refuse a brief that asks for data which no clean room gives.

    Names with an underscore are fields wherever they stand; plain words such as `margin` only
    where the brief asks to be shown them, for each product or shopper.

    Raises:
        Unplannable: BLOCKED_FIELD.
    """
    for thing in vocabulary.blocked:
        for name in (thing.id, *thing.names):
            if name[:4].lower() not in text.low:
                continue
            field = "_" in name and " " not in name
            expression = re.escape(name) if field else "|".join(map(phrase_pattern, _forms(name)))
            for hit in re.finditer(rf"(?<![a-z_])(?:{expression})(?![a-z_])", text.low):
                if ("_" in name and " " not in name) or _asked(text, hit, name):
                    _refuse(text, hit, thing.id)


def _forms(name: str) -> tuple[str, ...]:
    """A name of several words, and the same of one thing: `email addresses`, `email address`."""
    several = (" " in name or "-" in name) and re.search(r"[a-z]{3}s$", name)
    if not several or name.endswith("ss"):
        return (name,)
    return (name, re.sub(r"(?<=ss)es$|(?<!s)s$", "", name))


_PER_ITEM = re.compile(
    r"^\s*(?:levels?|figures?|numbers?|data|values?|rates?|lists?|table|column|field|feed|info\w*)?\s*"
    r"(?:(?:per|by|for|of|on|from|at)\s+(?:each|every|all|the|our|their|your)?\s*(?:of\s+)?(?:the\s+)?(?:skus?|products?|items?|shoppers?|customers?|retailers?|networks?|competitors?|alpha|beta|store)\b)"
)
#: `the margin that beta earns on each`, `how much stock alpha still has of our granola`.
_HELD = re.compile(
    r"^\s*(?:that\s+|which\s+)?\w+\s+(?:still\s+|currently\s+|really\s+|actually\s+)?"
    r"(?:earns?|makes?|takes?|gets?|has|have|holds?|keeps?)\s+(?:left\s+)?(?:on|of|for|with)\s+"
    r"(?:each|every|all|our|their|my|the)\b"
)
_AMBIGUOUS = {
    "margin",
    "margins",
    "price",
    "prices",
    "stock",
    "inventory",
    "geo",
    "geography",
    "regions",
    "promotions",
    "creative",
}


#: `the man who bought half a horse`.
_A_PERSON = re.compile(
    r"\b(?:man|woman|guy|girl|boy|lady|gentleman|friend|colleague|neighbou?r|uncle|aunt|boss|dad|mum|mom|kid|fool|intern|ceo|cmo)\s+$|,\s*$"
)


#: `their media prices go up`: news, no question.
_TOLD = re.compile(
    r"\s+(?:only\s+|just\s+|have\s+|has\s+|had\s+)?(?:go|goes|went|gone|rose|risen|rise|are|were|is|was|jumped|fell|fallen|climbed|keep|kept|"
    r"doubled|dropped|increased|stay|stayed)\b"
)


def _asked(text: Text, hit: re.Match[str], name: str) -> bool:
    left, right = text.sentence(hit.start())
    if hit[0].startswith("who ") and _A_PERSON.search(text.low[left : hit.start()]):
        return False
    asked = [
        a
        for a in find("ask_for_data", text, left, hit.start())
        if text.words(a.end(), hit.start()) <= 9
    ]
    after = text.low[hit.end() : right]
    if name in _AMBIGUOUS:
        if _GOAL_BEFORE.search(text.low[left : hit.start()]) and not _PER_ITEM.match(after):
            return False
        private = re.search(
            r"\b(?:private|confidential|secret|competitors?'?s?|retailers?'?s?|their)\s+(?:\w+\s+)?$",
            text.low[left : hit.start()],
        )
        told = _TOLD.match(after) is not None and not asked
        held = _HELD.match(after) is not None
        return (bool(private) and not told) or held or bool(asked and _PER_ITEM.match(after))
    return (
        bool(asked)
        or bool(pattern("ask_for_data").search(text.low, hit.end(), right))
        or " " in name
        or "-" in name
    )


def _refuse(text: Text, hit: re.Match[str], field: str) -> None:
    raise Unplannable(
        Code.BLOCKED_FIELD,
        f'The brief asks for "{text.quote(*hit.span())}" ({field}), which no clean room gives.',
        "Leave that request out; plans use released aggregates only (`rmnctl cleanroom fields`).",
    )
