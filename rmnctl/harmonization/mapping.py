"""A mapping: the YAML that says how one network's report becomes RMIS.

No code in mappings. A mapping names columns, formats, fixed facts and attribution; anything a
report has beyond that must be listed under `ignore`, so that a new column is noticed.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from rmnctl import rmis
from rmnctl.config import ConfigModel
from rmnctl.config.yaml_file import load_config
from rmnctl.errors import ConfigError, did_you_mean
from rmnctl.harmonization.reading import ReadSpec

MAPPING_SCHEMA = "rmnctl/mapping/v1"

_MEASURES = {f.name for f in rmis.fields_of(rmis.Role.MEASURE)}
#: Fields a mapping may read from a column.
MAPPABLE = frozenset(
    {
        *("retailer_id", "placement_type", "sku_id", "date", "impressions", "clicks"),
        *("conversions", "revenue", "cost", "currency", "period_end", "hour", "campaign_id"),
        *("ad_group_id", "gtin14", "retailer_item_id", "sales_channel"),
        *_MEASURES - {"revenue_base", "cost_base", "base_currency", "fx_rate", "fx_date"},
        *rmis.PRIVATE,
    }
)


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _as_field_map(value: Any) -> Any:
    return {"from": value} if isinstance(value, str | list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class FieldMap(ConfigModel):
    """Where one RMIS field comes from."""

    from_: Names = Field(alias="from", description="column, or columns of which the first filled")
    parse: Names = Field((), description="date formats (strptime), tried in order, or `excel`")
    locale: str | None = Field(None, description="language of month names: de, fr, es, it, pt …")
    scale: Decimal = Field(Decimal(1), gt=0, description="factor, e.g. 0.000001 for micros")
    values: dict[str, str] = Field(
        default_factory=dict, description="cell to RMIS value; compared without case"
    )
    other: str | None = Field(None, description="what cells not in `values` become")
    take: Literal["cell", "money_prefix", "first_part"] = Field(
        "cell", description="whole cell; the currency code before an amount; text before ';'"
    )
    optional: bool = Field(False, description="true: a report may lack the column")


class Constants(ConfigModel):
    """Facts that hold for every row of the report."""

    retailer_id: str | None = None
    placement_type: rmis.PlacementType | None = None
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="ISO 4217")
    report_timezone: str | None = Field(None, description="IANA name")
    channel: rmis.Channel = rmis.Channel.UNKNOWN
    grain: rmis.Grain = rmis.Grain.DAY


class Attribution(ConfigModel):
    """How the network credits sales to ads; what it does not say stays unknown."""

    window_click_days: int | None = Field(None, ge=0, le=365)
    window_view_days: int | None = Field(None, ge=0, le=365)
    interaction: rmis.Interaction = rmis.Interaction.UNKNOWN
    credit_model: rmis.CreditModel = rmis.CreditModel.UNKNOWN
    sku_scope: rmis.SkuScope = rmis.SkuScope.UNKNOWN
    sales_channel: rmis.SalesChannel = rmis.SalesChannel.UNKNOWN
    conversion_basis: rmis.ConversionBasis = rmis.ConversionBasis.UNKNOWN
    restatement_days: int = Field(
        28, ge=0, description="days after the window during which the network still changes rows"
    )

    def code(self) -> str:
        """The whole model in one word, `?` for what is not known, e.g. `lt:c14:v1:total`."""
        model = "?" if self.credit_model == "unknown" else _CREDIT_CODES[self.credit_model]
        click = "?" if self.window_click_days is None else str(self.window_click_days)
        view = "?" if self.window_view_days is None else str(self.window_view_days)
        scope = "?" if self.sku_scope == "unknown" else self.sku_scope.value
        return f"{model}:c{click}:v{view}:{scope}"


_CREDIT_CODES = {
    rmis.CreditModel.LAST_CLICK: "lc",
    rmis.CreditModel.LAST_TOUCH: "lt",
    rmis.CreditModel.FIRST_CLICK: "fc",
    rmis.CreditModel.LINEAR: "li",
    rmis.CreditModel.TIME_DECAY: "td",
    rmis.CreditModel.DATA_DRIVEN: "dd",
}


class Match(ConfigModel):
    """How `mapping: auto` recognises the report."""

    headers_all: tuple[str, ...] = Field((), description="columns that must all be there")
    filename: str | None = Field(None, description="glob on the file name")


class Contract(ConfigModel):
    """What happens when a report is not as the mapping says."""

    new_columns: Literal["ignore", "warn", "fail"] = "warn"
    missing_columns: Literal["warn", "fail"] = Field(
        "fail", description="for columns of fields that are not optional"
    )
    retyped_columns: Literal["warn", "fail"] = Field(
        "fail", description="when most cells of a column no longer parse"
    )


class PartsCheck(ConfigModel):
    """A total must be the sum of its parts."""

    total: str
    parts: tuple[str, ...] = Field(min_length=1)
    tolerance: float = Field(0.01, ge=0, le=1, description="share of the total")


class Derived(ConfigModel):
    """Ratios the report also prints; they prove or refute the unit of each row's amounts."""

    cpc: str | None = Field(None, description="column with cost / clicks")
    roas: str | None = Field(None, description="column with revenue / cost, not in percent")


class Mapping(ConfigModel):
    """One network's report, described."""

    schema_: Literal["rmnctl/mapping/v1"] = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z0-9_.\-]+$", description="network.report, unique")
    version: int = Field(ge=1, description="raise it with every change of meaning")
    status: Literal["accepted", "proposed"] = Field(
        "accepted", description="harmonize refuses proposed mappings"
    )
    title: str = Field(description="what a person calls the report")
    source: str | None = Field(None, description="where its columns are documented")
    match: Match = Match()
    read: ReadSpec = ReadSpec()
    constants: Constants = Constants()
    attribution: Attribution = Attribution()
    fields: dict[str, Annotated[FieldMap, BeforeValidator(_as_field_map)]]
    key: tuple[str, ...] = Field((), description="further columns that tell rows apart")
    ignore: tuple[str, ...] = Field((), description="known columns without a place; globs")
    derived: Derived = Derived()
    checks: tuple[PartsCheck, ...] = ()
    contract: Contract = Contract()
    notes: dict[str, Any] = Field(
        default_factory=dict, description="evidence kept by propose-mapping"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Mapping:
        unknown = [name for name in self.fields if name not in MAPPABLE]
        if unknown:
            near = "; ".join(f"{name}: {did_you_mean(name, MAPPABLE)}" for name in unknown)
            raise ValueError(f"fields that cannot be mapped: {near}")
        if "date" not in self.fields and self.status == "accepted":
            raise ValueError("fields.date is missing: every row needs its day")
        for name in ("retailer_id", "placement_type", "currency"):
            if name in self.fields and getattr(self.constants, name) is not None:
                raise ValueError(f"{name} is both a constant and a field; keep one")
        for check in self.checks:
            absent = [n for n in (check.total, *check.parts) if n not in self.fields]
            if absent:
                raise ValueError(f"checks name fields that are not mapped: {', '.join(absent)}")
        self._check_placements()
        return self

    def _check_placements(self) -> None:
        placement = self.fields.get("placement_type")
        if placement is None:
            return
        known = set(rmis.PlacementType)
        wrong = [
            v for v in (*placement.values.values(), placement.other or "unknown") if v not in known
        ]
        if wrong:
            raise ValueError(f"placement_type: {did_you_mean(wrong[0], known)} Not: {wrong[0]}")


def load_mapping(path: Path) -> Mapping:
    """Read one mapping file.

    Raises:
        ConfigError: Anything wrong with it, all faults at once.
    """
    return load_config(Mapping, path).model


def find_mapping(reference: str, folder: Path) -> tuple[Path, Mapping]:
    """A mapping by path or by id.

    Args:
        reference: Path of a YAML file, or the id of a mapping in `folder`.
        folder: Where the known mappings lie, searched recursively.

    Raises:
        ConfigError: There is none, with the nearest ids.
    """
    path = Path(reference)
    if path.suffix in {".yaml", ".yml"}:
        return path, load_mapping(path)
    known = {m.id: (p, m) for p, m in all_mappings(folder)}
    if reference not in known:
        raise ConfigError(
            f"No mapping {reference} in {folder}.", hint=did_you_mean(reference, known)
        )
    return known[reference]


def all_mappings(folder: Path) -> list[tuple[Path, Mapping]]:
    """Every mapping below a folder, by path."""
    return [(path, load_mapping(path)) for path in sorted(folder.rglob("*.yaml"))]
