"""Requests without a plan, and inputs that are wrong: what is said about them."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from rmnctl.config.yaml_file import validate
from rmnctl.errors import ConfigError, Failure, InputError
from rmnctl.planning import Cvar, PlanRequest, plan, read_curves

GOOD = {
    "retailer_id": "alpha",
    "placement_type": "video",
    "sku_id": "s1",
    "family": "saturating_exp",
    "a": 9000.0,
    "c": 800.0,
    "margin_rate": 0.4,
}
SECOND = GOOD | {"sku_id": "s2"}
OTHER = GOOD | {"retailer_id": "beta"}


def _plan(cells, **request):
    return plan(
        pa.Table.from_pylist(cells),
        PlanRequest.model_validate({"budget": 1000, "brand_id": "b"} | request),
    )


@pytest.mark.parametrize(
    ("cells", "request_", "said"),
    [
        ([GOOD, SECOND | {"a": -1.0}], {}, r"a: negative in row 2"),
        ([GOOD | {"c": 0.0}], {}, r"c: not above 0 in row 1"),
        ([GOOD | {"a": None}, SECOND], {}, r"a: missing in row 1"),
        ([GOOD | {"a": math.nan}], {}, r"a: NaN or infinite in row 1"),
        ([GOOD | {"c": math.inf}], {}, r"c: NaN or infinite in row 1"),
        ([GOOD | {"margin_rate": math.nan}], {}, r"margin_rate: NaN or infinite in row 1"),
        ([GOOD | {"a": "many"}], {}, r"a: not numbers"),
        ([GOOD | {"family": "linear"}], {}, r"family: not one of .* in row 1"),
        ([GOOD | {"family": "hill"}], {}, r"shape: missing for a hill or s_curve in row 1"),
        ([GOOD | {"family": "hill", "shape": -1.0}], {}, r"shape: not above 0"),
        ([GOOD | {"min_spend": 9.0, "max_spend": 5.0}], {}, r"min_spend: above max_spend in row 1"),
        ([GOOD, GOOD], {}, r"duplicate cell in rows 1, 2"),
        ([GOOD | {"sku_id": ""}], {}, r"sku_id: empty in row 1"),
        ([GOOD | {"currency": "USD"}, SECOND | {"currency": "EUR"}], {}, r"currency: 2 mixed"),
        ([GOOD | {"margin_rate": None}, SECOND], {}, r"margin_rate: missing, and the objective"),
        ([GOOD | {"margin_rate": 32.0}], {}, r"margin_rate: above 1"),
        ([GOOD | {"stock_units": 5.0}], {}, r"price: missing where stock_units"),
        ([GOOD | {"stock_units": -5.0, "price": 2.0}], {}, r"stock_units: negative"),
        (
            [
                GOOD | {"stock_units": 5.0, "price": 2.0},
                GOOD | {"placement_type": "ctv", "stock_units": 6.0, "price": 2.0},
            ],
            {},
            r"stock_units: differs within one retailer and SKU in rows 1, 2",
        ),
        ([GOOD], {"objective": "conversions"}, r"revenue_per_conversion: missing"),
        (
            [GOOD | {"min_spend": 600.0}, SECOND | {"min_spend": 600.0}],
            {},
            r"below the sum of min_spend of 2 cells",
        ),
        (
            [GOOD | {"min_spend": 5.0, "max_spend": 50.0}],
            {"active_min_spend": 60.0},
            r"active_min_spend: above the max_spend of 1 cells",
        ),
        ([GOOD], {"experiment_share": 0.1}, r"experiment_share: needs columns a_sd or c_sd"),
    ],
)
def test_bad_curves_are_refused_by_column_and_row(cells, request_, said) -> None:
    """Exit 3, naming the column and the rows, never a value."""
    with pytest.raises(InputError, match=said):
        _plan(cells, **request_)


def test_cells_that_earn_nothing_get_nothing() -> None:
    """Curves of zero are no error: the best plan keeps the budget, and that is certain."""
    result = _plan([GOOD | {"a": 0.0}, SECOND | {"a": 0.0}])
    assert (result.totals.spend, result.certificate.upper, result.certificate.gap) == (0, 0, 0)


def test_all_faults_are_told_at_once() -> None:
    """Three faults, three lines."""
    with pytest.raises(InputError) as caught:
        _plan([GOOD | {"a": -1.0, "c": 0.0, "family": "no"}])
    assert len(caught.value.details["faults"]) == 3


def test_curves_without_rows_or_columns_are_refused(tmp_path) -> None:
    """An empty table plans nothing; a table of something else is not curves."""
    with pytest.raises(InputError, match="no rows"):
        plan(pa.Table.from_pylist([GOOD]).slice(0, 0), PlanRequest(budget=1, brand_id="b"))
    with pytest.raises(InputError, match="missing column family, a, c"):
        plan(
            pa.Table.from_pylist([GOOD]).select(["retailer_id", "placement_type", "sku_id"]),
            PlanRequest(budget=1, brand_id="b"),
        )
    with pytest.raises(InputError, match="does not exist"):
        read_curves(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("not parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read_curves(tmp_path / "text.parquet")


def test_curves_are_read_from_csv_and_parquet_alike(tmp_path) -> None:
    """Both give one plan."""
    import pyarrow.csv
    import pyarrow.parquet

    cells = pa.Table.from_pylist([GOOD, SECOND])
    pyarrow.csv.write_csv(cells, tmp_path / "c.csv")
    pyarrow.parquet.write_table(cells, tmp_path / "c.parquet")
    request = PlanRequest(budget=1000, brand_id="b")
    one, other = (plan(read_curves(tmp_path / f"c.{kind}"), request) for kind in ("csv", "parquet"))
    assert one.plain() == other.plain()


@pytest.mark.parametrize("column", ["a", "max_spend", "stock_units", "margin_rate"])
def test_not_a_number_in_a_csv_is_no_empty_field(tmp_path, column) -> None:
    """NaN as a most spend or a stock would pass for none at all."""
    cells = {**GOOD, "max_spend": 50, "stock_units": 9, "price": 2.0, column: "NaN"}
    path = tmp_path / "c.csv"
    path.write_text(f"{','.join(cells)}\n{','.join(map(str, cells.values()))}\n")
    with pytest.raises(InputError, match=f"{column}: NaN or infinite in row 1"):
        plan(read_curves(path), PlanRequest(budget=1000, brand_id="b"))


def test_names_of_digits_in_a_csv_stay_as_they_are(tmp_path) -> None:
    """A SKU 007 is found by a limit on 007."""
    path = tmp_path / "c.csv"
    path.write_text(
        "retailer_id,placement_type,sku_id,family,a,c,margin_rate\n"
        "1,2,007,saturating_exp,9000,800,0.4\n"
    )
    limit = {"scope": "sku", "id": "007", "max_spend": 10.0}
    request = PlanRequest.model_validate({"budget": 1000, "brand_id": "b", "limits": [limit]})
    assert plan(read_curves(path), request).allocation[0]["spend"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {"limits": [{"scope": "sku", "id": "s9", "max_share": 0.5}]},
            r"limits.0.id: no curves for sku s9",
        ),
        ({"limits": [{"scope": "retailer", "id": "alhpa", "max_share": 0.5}]}, r"limits.0.id"),
        (
            {"limits": [{"scope": "placement", "id": "ctv", "max_share": 0.5}]},
            r"no curves for placement ctv",
        ),
        ({"retailers": ["gamma"]}, r"retailers.0: no curves for retailer gamma"),
        (
            {
                "retailers": ["beta"],
                "limits": [{"scope": "retailer", "id": "alpha", "max_share": 0.5}],
            },
            r"no curves for retailer alpha",
        ),
    ],
)
def test_requests_that_name_what_is_not_there_are_refused(request_, said) -> None:
    """Exit 2 with the field path."""
    with pytest.raises(ConfigError, match=said):
        _plan([GOOD, OTHER], **request_)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"brand_id": "b"}, "budget: Field required"),
        ({"budget": 5}, "brand_id: Field required"),
        ({"budget": -5, "brand_id": "b"}, "budget: "),
        ({"budget": math.nan, "brand_id": "b"}, "budget: "),
        ({"budget": 5, "brand_id": "b", "roas_floor": -1}, "roas_floor: "),
        ({"budget": 5, "brand_id": "b", "experiment_share": 1.5}, "experiment_share: "),
        ({"budget": 5, "brand_id": "b", "budgett": 5}, "budgett: unknown key"),
        (
            {"budget": 5, "brand_id": "b", "limits": [{"scope": "sku", "id": "s"}]},
            "limits.0: .*at least one",
        ),
        (
            {
                "budget": 5,
                "brand_id": "b",
                "limits": [{"scope": "sku", "id": "s", "min_share": 0.5, "max_share": 0.4}],
            },
            "min_share is above max_share",
        ),
        (
            {
                "budget": 5,
                "brand_id": "b",
                "limits": [{"scope": "sku", "id": "s", "min_spend": 3, "max_share": 0.4}],
            },
            "min_spend is above max_share at this budget",
        ),
        (
            {
                "budget": 5,
                "brand_id": "b",
                "limits": [{"scope": "sku", "id": "s", "max_share": 0.5}] * 2,
            },
            "limited twice",
        ),
    ],
)
def test_requests_that_contradict_themselves_are_refused(request_, said) -> None:
    """Exit 2, all faults by field path."""
    with pytest.raises(ConfigError, match=said):
        validate(PlanRequest, request_)


def test_currencies_must_agree() -> None:
    """A request in euros is not planned on curves in dollars."""
    with pytest.raises(ConfigError, match="the request says EUR, the curves USD"):
        _plan([GOOD | {"currency": "USD"}], currency="EUR")


def test_limits_that_contradict_each_other_are_named_with_what_would_do() -> None:
    """0.7 + 0.5 of the budget must give way by 0.2 of it, whichever it is."""
    limits = [
        {"scope": "retailer", "id": "alpha", "min_share": 0.7},
        {"scope": "retailer", "id": "beta", "min_share": 0.5},
    ]
    with pytest.raises(Failure, match="No plan keeps all rules") as caught:
        _plan([GOOD, OTHER], limits=limits)
    assert caught.value.exit_code == 1
    alone = {g["rule"]: g["needed"] for g in caught.value.details["alone"]}
    assert alone == pytest.approx(
        {"budget": 1200, "limits.0.min_share": 500, "limits.1.min_share": 300}, rel=1e-6
    )
    given = sum(
        g["asked"] - g["needed"]
        for g in caught.value.details["relaxation"]
        if g["rule"] != "budget"
    )
    given += sum(
        g["needed"] - g["asked"]
        for g in caught.value.details["relaxation"]
        if g["rule"] == "budget"
    )
    assert given == pytest.approx(200, rel=1e-6)
    assert "retailer alpha" in caught.value.message


def test_the_relaxation_that_is_named_works() -> None:
    """Planning again with it gives a plan."""
    cells = [GOOD, SECOND, OTHER]
    limits = [
        {"scope": "sku", "id": "s1", "max_spend": 100.0},
        {"scope": "retailer", "id": "alpha", "min_spend": 900.0},
        {"scope": "sku", "id": "s2", "max_spend": 500.0},
    ]
    with pytest.raises(Failure) as caught:
        _plan(cells, limits=limits)
    for give in caught.value.details["relaxation"]:
        _, number, field = give["rule"].split(".")
        limits[int(number)][field] = give["needed"] + (1e-6 if field == "max_spend" else -1e-6)
    assert _plan(cells, limits=limits).status == "optimal"


def test_a_floor_no_spend_can_reach_is_named_with_what_can() -> None:
    """Spend forced by a limit earns 9000 (1 - exp(-1)) / 800 at best, below the floor of 8."""
    with pytest.raises(Failure) as caught:
        _plan([GOOD], roas_floor=8.0, limits=[{"scope": "sku", "id": "s1", "min_spend": 800}])
    alone = {g["rule"]: g["needed"] for g in caught.value.details["alone"]}
    assert alone["roas_floor"] == pytest.approx(9000 * (1 - math.exp(-1)) / 800, rel=1e-4)
    assert 0 < alone["limits.0.min_spend"] < 800


def test_too_few_active_cells_are_named() -> None:
    """Two retailers must get money, one cell may be on."""
    limits = [{"scope": "retailer", "id": r, "min_share": 0.2} for r in ("alpha", "beta")]
    with pytest.raises(Failure) as caught:
        _plan([GOOD, OTHER], limits=limits, max_active_cells=1)
    assert {g["rule"]: g["needed"] for g in caught.value.details["alone"]}["max_active_cells"] == 2


def test_engines_and_caution_say_what_they_need() -> None:
    """`bisect` takes no side rules; caution needs draws."""
    with pytest.raises(ConfigError, match="bisect takes bounds and a budget"):
        plan(
            pa.Table.from_pylist([GOOD]),
            PlanRequest(budget=1, brand_id="b", roas_floor=2),
            engine="bisect",
        )
    with pytest.raises(ConfigError, match="cvar: needs curve draws"):
        plan(pa.Table.from_pylist([GOOD]), PlanRequest(budget=1, brand_id="b"), cvar=Cvar())
