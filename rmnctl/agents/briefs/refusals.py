"""Ways to say that a name gets nothing, as predicates: `audio can take a break`, `video won't be needed`.

A predicate is put together from its parts (who, auxiliary, negation, verb), so that few lines cover
many wordings; set phrases are in the lexicon.
"""

from __future__ import annotations

import re

from rmnctl.agents.briefs.text import Text

_LIST = r"(?:list|menu|table|agenda|cards|plan|mix|picture|running|budget|scope|programme|program|game|equation|wish ?list|shopping list)"
_NEGATED = r"(?:(?:should|must|may|can|will|does|do|is|are|would|could|might|need|sha|wo|ca)(?:n't| not)|cannot|can't|won't|never|no longer)"
_REST = (
    r"(?:wait(?! for)|take a (?:break|rest|back seat|holiday|nap|pause|year off)|take (?:this|the) (?:one|time|round|season|flight) off|rest|sleep|sit (?:this|it|that)(?: one)? out|"
    r"stay (?:home|out|off|away|empty|dark|at home|where it is)|do without|be gone|go(?= *(?:[.,;!)]|$| this| for now| entirely| completely))|go (?:away|elsewhere|home)|"
    r"pause|disappear|vanish|remain (?:out|off|at nil|at zero|empty|unfunded|dark|closed|untouched)|starve|come (?:later|another time|next time|next year)|"
    r"be (?:left|dropped|skipped|cut|excluded|avoided|omitted|ignored|parked|benched|shelved|scrapped|removed|taken (?:out|off)|switched off|turned off|"
    r"ruled out|put (?:aside|on hold|on ice)|forgotten|killed|axed|banned|nixed|struck|crossed out|kept out|kept off|at zero|zero|nil))"
)
_COIN = r"(?:penny|cent|dime|dollar|euro|money|funding|funds|budget|support|attention|thing|spend|of it|of this|of the money|part of it)"
_HATED = r"(?:a (?:complete |total |pure |big )?(?:waste(?: of (?:money|time))?|money pit|joke|mistake|lost cause|distraction)|pointless|useless|nonsense|rubbish|hopeless)"
_PREDICATE = re.compile(
    r"(?:\s+(?:ads?|placements?|inventory|spend|format|part|thing))?(?:"
    rf"\s+(?:can|may|might|could|should|must|will|would|has to|have to|needs? to|is to|are to|ought to|gets to|'ll|is going to|are going to)\s+(?:\w+ly\s+|just\s+|please\s+|have to\s+|all\s+)?{_REST}"
    r"|\s+(?:(?:can|may|should|must|will|has to|have to)\s+)?(?:stays?|remains?|be kept|is kept|are kept)\s+(?:empty|out|off|away|home|at home|dark|closed|silent|idle|unfunded|untouched|unused|at (?:nil|zero|0)|on the shelf|grounded)"
    rf"|\s+{_NEGATED}\s+(?:be\s+)?(?:\w+ly\s+)?(?:see|get|getting|receive|receiving|find|have|having|take|taking|touch|earn|deserve|need|require|cost us)\s+"
    rf"(?:even\s+)?(?:an?|any|one|a single|any of|a red)\s*{_COIN}"
    rf"|\s+{_NEGATED}\s+(?:be\s+)?getting anything"
    r"|\s*(?:\s(?:is|are)(?:n't| not)|\s(?:won't|will not|wouldn't|would not|shouldn't|should not|can't|cannot|must not|mustn't) be|'s not)\s+(?:\w+ly\s+)?(?:needed|necessary|required|wanted|welcome|invited|included|considered|"
    rf"planned|intended|relevant|for us|an option|missed|a (?:topic|fit|option|candidate)|part of (?:the|this|our) \w+|on (?:the|our|my) {_LIST}|in (?:the|our) {_LIST}|in scope|"
    r"(?:my|our) (?:thing|cup of tea|favou?rite|style)|happening|worth it)"
    r"|\s+(?:is|are)\s+(?:currently\s+|now\s+)?(?:closed|shut|bust|bankrupt|broken|gone|dead|finished|kaput|broke)(?=\s*(?:[.,;!)]|$|for|due|because|since|until|and|so)\b|\s*[.,;!)]|$)"
    r"|\s+(?:does|do)(?:n't| not)\s+(?:belong|interest (?:me|us)|work for us|fit|come into|figure|feature|appeal)"
    r"|\s+(?:needs?|deserves?|wants?)\s+no\s+(?:money|support|budget|funding|help|spend|ads)"
    r"|\s*:\s*(?:over my dead body|never|not (?:on my watch|with us|with me|for me|this time|now|again)|no way|forget it|hard (?:no|pass)|pass|nope|nada|zilch|i'd rather not|better not|please no|please not|rather not)\b"
    rf"|\s+(?:is|are|was|were|has been|proved)\s+{_HATED}(?:[^.;]{{0,20}},?\s+(?:so|hence|therefore)\b[^.;]*)?(?=\s*(?:[.,;!)]|$))"
    r"|,?\s+but not (?:now|this time|here|yet|today|for this|with this|in this|for now|on this)\b"
    r")"
)
_WE = r"(?:we|i|you|they|the client|my client|our client|the brand|the team|my boss)"
_LATER_ON = r"(?:\s+(?:at all|here|this time|in it|in there|any ?more|any longer|any|either|now|right now|for now|for this|for this one|today|again|this (?:round|year|quarter|season|flight)|in this (?:plan|campaign|flight)))*"
_CLOSED = r"(?=\s*(?:[.,;!)\n]|$|-\s|(?:and|but|because|since|so|please)\b))"
#: `Video we do not want.`: the name stands first, and who refuses it behind.
_FRONTED = re.compile(
    r"(?:\s+(?:ads?|placements?|inventory|stuff))?,?\s+(?:"
    rf"{_WE}\s+(?:really |simply |just |definitely |honestly )?(?:(?:do|does|will|would|can|could|shall|should|must|may)(?: not|n't)|cannot|can't|won't|shan't|(?:would|'d) rather not|never|no longer)"
    r"\s+(?:really\s+|ever\s+|even\s+|wish to\s+|want to\s+|need to\s+|intend to\s+)?(?:have\s+)?(?:wants?|needs?|likes?|use|do|touch|buy|book|run|trust|trusts|believe in|believes in|see|care for|cares for|require|requires|fund|support|include|consider|have)"
    rf"|{_WE}\s+(?:(?:can|could|may|should|must|will|would|shall|want to|have to|'ll|'d|better|had better|happily|gladly|rather)\s+)*(?:please\s+)?"
    r"(?:skip|drop|leave out|omit|ignore|avoid|exclude|forget(?: about)?|do without|live without|pass on|keep out|leave aside|leave off)"
    r"|(?:nobody|no one|none of us|not one of us)\s+(?:here\s+|in (?:the|our|my) \w+\s+|of us\s+)?(?:really\s+)?(?:wants?|needs?|likes?|asked for|believes? in|uses?|trusts?|misses|cares for)"
    rf"){_LATER_ON}{_CLOSED}"
)
_CANNOT = re.compile(
    r"\b(?:can't|cannot|can not|won't|will not|may not|must not|mustn't|shouldn't|should not|couldn't|(?:not|aren't|isn't) (?:allowed|permitted|able|going) to|never)\s+"
    r"(?:advertise|run(?: ads| anything)?|spend(?: money| anything| a cent)?|book(?: ads| anything)?|buy(?: ads| anything)?|use|appear|be seen|work)\s*(?:at|on|with|in|to)?\s+(?:the\s+)?$"
)
_QUALIFIED = re.compile(
    r"\s+(?:more|less|above|below|beyond|over|under|until (?:alpha|beta)|to (?:exceed|be more|grow|pass))\b|\s+(?:any\s+)?(?:caps?|limits?|minimum|maximum|floor|rule)\b"
)
_PLACE = re.compile(r"\s+(?:at|on|in|for)\s+(?:alpha|beta|both)\b")


def refused_before(text: Text, left: int, start: int) -> bool:
    """Whether the words before a name say that nothing can be bought there: `we can't advertise at beta`."""
    return _CANNOT.search(text.low[left:start]) is not None


def refused_after(text: Text, end: int, right: int) -> bool:
    """Whether the words behind a name are a predicate that gives it nothing."""
    if _FRONTED.match(text.low, end, right):
        return True
    match = _PREDICATE.match(text.low, end, right)
    if match is None:
        return False
    after = match.end()
    return not (_QUALIFIED.match(text.low, after) or _PLACE.match(text.low, after))
