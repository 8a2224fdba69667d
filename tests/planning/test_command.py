"""`rmnctl plan --curves --request`, as its user meets it: wrong inputs, and rules that contradict."""

from __future__ import annotations

import json

import pytest
import yaml

from rmnctl.cli import main

HEADER = "retailer_id,placement_type,sku_id,family,a,c,margin_rate,min_spend,max_spend,currency"
ALPHA = "alpha,video,s1,saturating_exp,9000,800,0.4,,,USD"
BETA = "beta,video,s2,saturating_exp,7000,700,0.4,,,USD"
GOOD = {"schema": "rmnctl/request/v1", "budget": 1000, "brand_id": "b"}


@pytest.fixture
def plan(tmp_path, capsys):
    """Plan rows of a CSV under a request; (exit code, stdout, stderr)."""

    def plan(rows, request, *more):
        (tmp_path / "curves.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        (tmp_path / "request.yaml").write_text(yaml.safe_dump(request))
        given = ["--curves", tmp_path / "curves.csv", "--request", tmp_path / "request.yaml"]
        with pytest.raises(SystemExit) as left:
            main(["plan", *map(str, [*given, *more]), "--runs", str(tmp_path / "runs")])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return plan


@pytest.mark.parametrize(
    ("rows", "request_", "code", "says"),
    [
        ([ALPHA.replace("9000", "-9000")], {}, 3, "a: negative in row 1"),
        ([ALPHA.replace("9000", "")], {}, 3, "a: missing in row 1"),
        ([ALPHA.replace("800", "NaN")], {}, 3, "c: NaN or infinite in row 1"),
        ([ALPHA.replace(",,,", ",9,5,")], {}, 3, "min_spend: above max_spend in row 1"),
        ([ALPHA.replace(",,,", ",2000,,")], {}, 3, "budget: 1,000.00 is below the sum"),
        ([ALPHA, ALPHA], {}, 3, "duplicate cell in rows 1, 2"),
        ([ALPHA, BETA.replace("USD", "EUR")], {}, 3, "currency: 2 mixed currencies"),
        ([], {}, 3, "no rows"),
        ([ALPHA], {"currency": "EUR"}, 2, "currency: the request says EUR"),
        (
            [ALPHA],
            {"limits": [{"scope": "sku", "id": "s9", "max_share": 0.5}]},
            2,
            "limits.0.id: no curves for sku s9",
        ),
        ([ALPHA], {"horizon_days": 0}, 2, "horizon_days"),
        ([ALPHA], {"budget": -5}, 2, "budget"),
        ([ALPHA], {"budget": float("nan")}, 2, "budget"),
    ],
)
def test_wrong_inputs_end_with_their_field_and_code(plan, rows, request_, code, says) -> None:
    """The table's faults are inputs (3), the request's are configuration (2); no traceback."""
    got, out, err = plan(rows, GOOD | request_)
    assert (got, out) == (code, ""), err
    assert says in err
    assert "Traceback" not in err


@pytest.mark.parametrize("engine", ["highs", "pulp"])
def test_the_relaxation_that_the_command_names_makes_a_plan(plan, engine) -> None:
    """Exit 1 with rules and amounts; the request with these amounts ends in a proved plan."""
    limits = [
        {"scope": "retailer", "id": "alpha", "min_spend": 700.0},
        {"scope": "retailer", "id": "beta", "min_spend": 500.0},
    ]
    rows = [ALPHA, BETA]
    code, out, err = plan(rows, GOOD | {"limits": limits}, "--json", "--engine", engine)
    assert code == 1, err
    for give in json.loads(err)["details"]["relaxation"]:
        _, number, field = give["rule"].split(".")
        limits[int(number)][field] = give["needed"] - 1e-6
    code, out, err = plan(rows, GOOD | {"limits": limits}, "--json", "--engine", engine)
    assert code == 0, err
    assert json.loads(out)["result"]["certificate"]["gap"] <= 1e-4
