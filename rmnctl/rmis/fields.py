"""Every RMIS column: name, SQL type, role, unit and meaning.

Rows are aggregates as a network reports them, not user events. Null means not known and is
never written as 0. Private columns exist so that a brand can hold them beside its reports;
no clean room may return them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RMIS_SCHEMA = "rmis/v1"

MONEY = "DECIMAL(18,6)"
COUNT = "BIGINT"
#: Some networks report fractions of a conversion.
FRACTIONAL = "DECIMAL(18,6)"


class Role(StrEnum):
    """What a column is for."""

    CORE = "core"
    CONTEXT = "context"
    MEASURE = "measure"
    LINEAGE = "lineage"
    PRIVATE = "private"


@dataclass(frozen=True)
class Field:
    """One column of RMIS.

    Attributes:
        name: Column name.
        sql: DuckDB type.
        role: What the column is for.
        meaning: One line; money is in `currency`, counts have no unit.
        required: True if a row without it is quarantined.
    """

    name: str
    sql: str
    role: Role
    meaning: str
    required: bool = False


def _of(role: Role, *rows: tuple[str, str, str] | tuple[str, str, str, bool]) -> tuple[Field, ...]:
    return tuple(Field(r[0], r[1], role, r[2], len(r) == 4 and r[3]) for r in rows)


FIELDS: tuple[Field, ...] = (
    *_of(
        Role.CORE,
        ("event_id", "UUID", "128-bit digest of the natural key, not of the measures", True),
        ("retailer_id", "VARCHAR", "who sells the media", True),
        ("placement_type", "VARCHAR", "where the ad was shown, a PlacementType", True),
        ("sku_id", "VARCHAR", "the advertised item as the brand or network names it"),
        ("date", "DATE", "first day the row covers, in report_timezone", True),
        ("impressions", COUNT, "ads served"),
        ("clicks", COUNT, "clicks on ads"),
        ("conversions", FRACTIONAL, "attributed conversions, counted by conversion_basis"),
        ("revenue", MONEY, "attributed sales in the scope of sku_scope, in currency"),
        ("cost", MONEY, "what the brand paid for the media, in currency"),
        ("attr_model", "VARCHAR", "attribution in one code, e.g. lt:c14:v1:total", True),
    ),
    *_of(
        Role.CONTEXT,
        ("currency", "VARCHAR", "ISO 4217 code of revenue and cost", True),
        ("report_timezone", "VARCHAR", "IANA zone whose days the report counts"),
        ("grain", "VARCHAR", "period of a row: day, hour or range", True),
        ("period_end", "DATE", "last day the row covers, inclusive"),
        ("hour", "TINYINT", "hour of the day, 0 to 23, where grain is hour"),
        ("channel", "VARCHAR", "where the media ran, a Channel"),
        ("campaign_id", "VARCHAR", "campaign, by id or else by name"),
        ("ad_group_id", "VARCHAR", "ad group or line item, by id or else by name"),
        ("row_key", "VARCHAR", "what else tells rows apart (keyword, device), as key=value"),
        ("gtin14", "VARCHAR", "GTIN of the item, 14 digits of text"),
        ("retailer_item_id", "VARCHAR", "the retailer's own item number"),
        ("window_click_days", "SMALLINT", "days after a click that count; null: not known"),
        ("window_view_days", "SMALLINT", "days after a view that count; null: not known"),
        ("interaction", "VARCHAR", "which contacts count, an Interaction"),
        ("credit_model", "VARCHAR", "how credit is given, a CreditModel"),
        ("sku_scope", "VARCHAR", "whose sales count, a SkuScope"),
        ("sales_channel", "VARCHAR", "where sales count, a SalesChannel"),
        ("conversion_basis", "VARCHAR", "what a conversion counts, a ConversionBasis"),
    ),
    *_of(
        Role.MEASURE,
        ("units", FRACTIONAL, "attributed units"),
        ("revenue_same_sku", MONEY, "attributed sales of the advertised item"),
        ("revenue_halo", MONEY, "attributed sales of other items"),
        ("ntb_orders", FRACTIONAL, "orders by customers new to the brand"),
        ("ntb_revenue", MONEY, "sales to customers new to the brand"),
        ("viewable_impressions", COUNT, "impressions that could be seen (MRC)"),
        ("revenue_base", MONEY, "revenue in base_currency at fx_rate"),
        ("cost_base", MONEY, "cost in base_currency at fx_rate"),
        ("base_currency", "VARCHAR", "ISO 4217 code that amounts were converted to"),
        ("fx_rate", "DECIMAL(18,9)", "units of base_currency per unit of currency"),
        ("fx_date", "DATE", "day of the rate"),
    ),
    *_of(
        Role.LINEAGE,
        ("source_file_sha256", "VARCHAR", "digest of the file the row came from", True),
        ("source_row", COUNT, "record number in that file, 1 is the first after the header", True),
        ("mapping_id", "VARCHAR", "mapping that read the row", True),
        ("mapping_version", "INTEGER", "its version", True),
        ("as_of", "DATE", "day the report was taken", True),
        ("is_final", "BOOLEAN", "true once restatement of the row is over", True),
    ),
    *_of(
        Role.PRIVATE,
        ("margin", "DOUBLE", "unit contribution / retail price"),
        ("promo_flag", "BOOLEAN", "the item was on promotion"),
        ("stock_level", "DOUBLE", "units available"),
        ("price", MONEY, "retail price"),
        ("creative_text", "VARCHAR", "ad copy"),
        ("customer_id", "VARCHAR", "who was reached; never leaves its owner"),
        ("geo_detail", "VARCHAR", "region finer than a country"),
    ),
)

_BY_NAME = {f.name: f for f in FIELDS}
CORE: tuple[str, ...] = tuple(f.name for f in FIELDS if f.role is Role.CORE)
PRIVATE: tuple[str, ...] = tuple(f.name for f in FIELDS if f.role is Role.PRIVATE)


def field(name: str) -> Field:
    """The field of that name.

    Raises:
        KeyError: RMIS has no such field.
    """
    return _BY_NAME[name]


def fields_of(*roles: Role) -> tuple[Field, ...]:
    """All fields of these roles, in schema order."""
    return tuple(f for f in FIELDS if f.role in roles)
