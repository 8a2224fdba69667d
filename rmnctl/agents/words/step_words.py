"""What clean rooms and curves said before a plan was made, in checked words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rmnctl.agents.words.check import Checked, check_sentences
from rmnctl.agents.words.facts import Facts, Kind


def explain_rooms(answers: Sequence[Mapping[str, Any]]) -> Checked:
    """Say what was spent and credited, by clean room.

    Args:
        answers: By retailer: `retailer`, `cells` (answer of a query by placement for the sums of
            cost and revenue) and `period` (first and last day).
    """
    facts, said = Facts(), []
    for answer in answers:
        name = answer["retailer"]
        facts.call([name, *answer["period"]])
        sums = {}
        for metric in ("cost", "revenue"):
            values = [cell["metrics"][metric]["value"] for cell in answer["cells"]]
            known = [float(v) for v in values if v is not None]
            sums[metric] = sum(known)
            facts.add(f"{name}.{metric}", sums[metric], Kind.MONEY, (name,))
        withheld = sum(c["metrics"]["revenue"]["value"] is None for c in answer["cells"])
        first, last = answer["period"]
        said.append(
            f"The clean room of {name} counts {sums['cost']:,.0f} of spend and "
            f"{sums['revenue']:,.0f} of attributed revenue at {name} from {first} to {last}."
        )
        if withheld:
            facts.add(f"{name}.withheld", withheld, Kind.COUNT, ("placements",))
            said.append(f"It withholds {withheld} placements.")
    return check_sentences(said, facts)


def explain_curves(found: Mapping[str, Any]) -> Checked:
    """Say what curves were learned from.

    Args:
        found: Content of `fit.json`.
    """
    facts = Facts()
    facts.add("cells", found["cells"], Kind.COUNT, ("cells",))
    facts.add("own", found["cells_with_own_curve"], Kind.COUNT, ("own",))
    facts.add("periods", found["periods"], Kind.COUNT, ("periods",))
    facts.add("days", found["period_days"], Kind.COUNT, ("days",))
    facts.add("blocks", len(found["blocks"]), Kind.COUNT, ("blocks",))
    facts.add("blind", found["blocks_without_lift_test"], Kind.COUNT, ("blocks",))
    return check_sentences(
        [
            (
                f"Response was learned from {found['periods']} periods of {found['period_days']} "
                f"days: {found['cells']} cells, {found['cells_with_own_curve']} with a curve of "
                "their own."
            ),
            (
                f"{found['blocks_without_lift_test']} of {len(found['blocks'])} blocks have no "
                "lift test: what they add is a prior's word."
            ),
            *_family_words(found.get("family")),
        ],
        facts,
    )


def _family_words(family: Mapping[str, Any] | None) -> list[str]:
    """What the test of the curve family found, without its numbers."""
    said = {
        "wrong family": "Curves look S-shaped at low spend: what they promise there is too much.",
        "no sign": "Nothing at low spend speaks against the shape of the curves.",
        "cannot tell": "Whether curves are S-shaped at low spend, the data cannot tell.",
    }
    return [] if family is None else [said[family["verdict"]]]
