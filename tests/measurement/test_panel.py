from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rmnctl.errors import ConfigError, InputError
from rmnctl.measurement import PanelColumns, read_panel

HEAD = "geo,date,revenue,spend"
GOOD = ["a,2026-01-05,1.10,0", "a,2026-01-06,2.20,1", "b,2026-01-05,3,0", "b,2026-01-06,4,0"]


def read(tmp_path, lines, head=HEAD, columns=None, **kwargs):
    path = tmp_path / "t.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    return read_panel(path, columns or PanelColumns(), currency="USD", **kwargs)


def test_a_table_becomes_units_by_days_in_order(tmp_path) -> None:
    """Rows in any order give sorted units and consecutive days."""
    panel = read(tmp_path, GOOD[::-1])
    assert panel.units == ("a", "b")
    assert panel.days == (date(2026, 1, 5), date(2026, 1, 6))
    assert panel.revenue.tolist() == [[1.1, 2.2], [3.0, 4.0]]
    assert panel.spend.tolist() == [[0.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([*GOOD[:3], "b,2026-01-06,NaN,0"], "revenue holds no finite number in 1 rows"),
        ([*GOOD[:3], "b,2026-01-06,inf,0"], "revenue holds no finite number in 1 rows"),
        ([*GOOD[:3], "b,2026-01-06,,0"], "revenue holds no finite number in 1 rows"),
        ([*GOOD[:3], "b,2026-01-06,4,x"], "spend holds no finite number in 1 rows"),
        ([*GOOD[:3], "b,2026-13-06,4,0"], "date holds no date in 1 rows"),
        ([*GOOD[:3], ",2026-01-06,4,0"], "geo holds no unit in 1 rows"),
        ([*GOOD, GOOD[0]], "1 pairs of unit and day stand there more than once"),
        (GOOD[:3], "1 of 4 pairs of unit and day are missing"),
        ([*GOOD[:3], "b,2026-01-06,4,-1"], "spend is below 0 in 1 rows"),
        ([], "has no rows"),
    ],
)
def test_bad_tables_are_refused_with_what_is_wrong(tmp_path, lines, why) -> None:
    """Unknown, repeated and missing cells are counted; no value is repeated in the message."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, lines)
    assert why in caught.value.message


def test_days_left_out_are_zero_only_where_that_is_said(tmp_path) -> None:
    """With `absent: zero` a unit and day without a row sold and spent nothing."""
    panel = read(tmp_path, GOOD[:3], columns=PanelColumns(absent="zero"))
    assert panel.revenue.tolist() == [[1.1, 2.2], [3.0, 0.0]]


def test_a_missing_column_names_the_nearest(tmp_path) -> None:
    """A configured column that is not there is a fault of the configuration."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD, columns=PanelColumns(revenue="revenu"))
    assert "Did you mean revenue?" in caught.value.hint


def test_other_currencies_and_retailers_are_refused(tmp_path) -> None:
    """A column that says another currency or retailer than the experiment is an error."""
    lines = [f"{line},EUR,beta" for line in GOOD]
    head = f"{HEAD},currency,retailer_id"
    with pytest.raises(InputError, match="another currency"):
        read(tmp_path, lines, head)
    lines = [f"{line},USD,beta" for line in GOOD]
    with pytest.raises(InputError, match="another retailer_id"):
        read(tmp_path, lines, head, retailer_id="alpha")


def test_rmis_rows_are_added_up_only_under_one_attribution(tmp_path) -> None:
    """Rows of SKUs add up to a unit and day; rows of unlike attribution do not."""
    table = {
        "geo_detail": ["n", "n", "n"],
        "date": [date(2026, 1, 5)] * 3,
        "sku_id": ["1", "2", "3"],
        "revenue": [1.5, 2.5, 3.0],
        "cost": [0.1, 0.2, 0.3],
        "credit_model": ["last_touch"] * 3,
        "retailer_id": ["alpha", "alpha", "beta"],
    }
    columns = PanelColumns(
        unit="geo_detail", spend="cost", rows="sum", where={"retailer_id": "alpha"}
    )
    path = tmp_path / "rmis.parquet"
    pq.write_table(pa.table(table), path)
    panel = read_panel(path, columns, currency="USD", retailer_id="alpha")
    assert panel.revenue.tolist() == [[4.0]]
    assert panel.spend.tolist() == [[0.3]]
    pq.write_table(pa.table(table | {"credit_model": ["last_touch", "linear", "linear"]}), path)
    with pytest.raises(InputError, match="differ in credit_model"):
        read_panel(path, columns, currency="USD")


def test_advertising_reports_are_known_as_such(tmp_path) -> None:
    """A table with clicks reports attributed revenue; sales of a till do not."""
    assert not read(tmp_path, GOOD).attributed
    assert read(tmp_path, [f"{line},7" for line in GOOD], f"{HEAD},clicks").attributed


def test_what_is_no_table_is_refused(tmp_path) -> None:
    """A Parquet file that is none is an input error, not a traceback."""
    path = tmp_path / "t.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="neither"):
        read_panel(path, PanelColumns(), currency="USD")


def test_the_days_of_a_test_must_be_there(tmp_path) -> None:
    """Asking for days past the end names both spans."""
    panel = read(tmp_path, GOOD)
    assert panel.between(date(2026, 1, 6), date(2026, 1, 6), "x").revenue.shape == (2, 1)
    with pytest.raises(InputError, match="must cover 2026-01-06 to 2026-01-07"):
        panel.between(date(2026, 1, 6), date(2026, 1, 7), "The outcomes")


def test_units_are_the_designs(tmp_path) -> None:
    """Units come in the order asked for; missing and unknown ones are counted."""
    panel = read(tmp_path, GOOD)
    assert np.array_equal(panel.of(["b", "a"], "x").revenue, panel.revenue[::-1])
    assert panel.of(["b"], "x", spare=["a"]).units == ("b",)
    with pytest.raises(InputError, match="1 of 2 units of the design are missing and 1"):
        panel.of(["a", "c"], "The outcomes")
