"""A mapping and a header become SQL: text cells in, RMIS columns and reasons out.

Two shapes come from one place, so that they cannot disagree: `typed` (every RMIS column, the
row's reason mask, and which fields failed to parse) judges the rows, and `rmis` (the same rows
as the schema wants them) writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rmnctl import rmis
from rmnctl.harmonization import cells
from rmnctl.harmonization.currency import ISO_4217
from rmnctl.harmonization.facts import Facts
from rmnctl.harmonization.headers import Binding
from rmnctl.harmonization.mapping import FieldMap, Mapping
from rmnctl.harmonization.reasons import Reason
from rmnctl.harmonization.sql_parts import TOTAL_WORDS, as_key, constant, flag, integer
from rmnctl.tables import quote

#: Columns whose values together name a row, whatever it measures.
KEY = (
    *("retailer_id", "date", "period_end", "hour", "placement_type"),
    *("campaign_id", "ad_group_id", "sku_id", "row_key", "attr_model"),
)
_NUMERIC = {
    f.name: f for f in rmis.FIELDS if f.role is rmis.Role.MEASURE or f.name in
    {"impressions", "clicks", "conversions", "revenue", "cost", "margin", "stock_level", "price"}
}  # fmt: skip
MEASURES = tuple(
    n for n in _NUMERIC
    if n not in {"revenue_base", "cost_base", "base_currency", "fx_rate", "fx_date",
                 "margin", "stock_level", "price"}
)  # fmt: skip
_TEXT = ("sku_id", "campaign_id", "ad_group_id", "retailer_item_id")
#: No retail media before this; an earlier year is a misread one.
_FIRST_DAY = "1990-01-01"
_BOUNDARY_CLICKS, _BOUNDARY_IMPRESSIONS = 2, 10


class Transform:
    """The SQL of one input file."""

    def __init__(self, mapping: Mapping, binding: Binding, facts: Facts) -> None:
        self.mapping = mapping
        self.binding = binding
        self.facts = facts
        self._spec = mapping.read

    # -- reading one field ---------------------------------------------------------------

    def _filled(self, name: str) -> str | None:
        """The raw cell of a field: the first of its columns that is filled."""
        positions = self.binding.fields.get(name)
        if not positions:
            return None
        columns = [f"c{p}" for p in positions]
        if len(columns) == 1:
            return columns[0]
        whole = [f"CASE WHEN {cells.blank(c, self._spec)} THEN NULL ELSE {c} END" for c in columns]
        return f"coalesce({', '.join(whole)})"

    def _text(self, name: str) -> str | None:
        cell = self._filled(name)
        if cell is None:
            return None
        field = self.mapping.fields[name]
        value = cells.text(cell, self._spec)
        if field.take == "first_part":
            value = f"trim(split_part({value}, ';', 1))"
        elif field.take == "money_prefix":
            value = cells.symbol_currency(cell)
        return self._mapped(value, field, "'unknown'" if name == "placement_type" else None)

    @staticmethod
    def _mapped(value: str, field: FieldMap, default: str | None) -> str:
        if not field.values:
            return value
        cases = " ".join(
            f"WHEN {quote(k.strip().lower())} THEN {quote(v)}" for k, v in field.values.items()
        )
        other = quote(field.other) if field.other is not None else default or value
        return f"CASE lower({value}) {cases} ELSE {other} END"

    def _placement(self) -> str:
        constant_value = self.mapping.constants.placement_type
        if constant_value is not None:
            return constant(constant_value.value)
        value = self._text("placement_type")
        if value is None:
            return constant("unknown")
        if self.mapping.fields["placement_type"].values:
            return value
        known = ", ".join(quote(p.value) for p in rmis.PlacementType)
        return f"CASE WHEN {value} IN ({known}) THEN {value} ELSE 'unknown' END"

    def _row_key(self) -> str:
        parts = [
            f"{quote(name + '=')} || ({cells.text(f'c{position}', self._spec)})"
            for name, position in self._key_columns()
        ]
        if len(parts) <= 1:
            return f"({parts[0]})" if parts else "NULL::VARCHAR"
        return f"nullif(concat_ws('|', {', '.join(parts)}), '')"

    def _key_columns(self) -> list[tuple[str, int]]:
        # Two placements may share a placement_type; their own names keep the rows apart.
        placement = self.mapping.fields.get("placement_type")
        own = self.binding.fields.get("placement_type", ())
        extra = [(placement.from_[0], own[0])] if placement and own else []
        return [*self.binding.key, *extra]

    def _number_cells(self) -> dict[str, str]:
        """Everything to be read as a number: mapped fields, and the report's own ratios."""
        cells_of = {n: self._filled(n) for n in _NUMERIC}
        ratios = {f"shown_{n}": f"c{p}" for n, p in self.binding.derived.items()}
        return {n: c for n, c in cells_of.items() if c is not None} | ratios

    def _numbers(self) -> tuple[list[str], list[str], list[str]]:
        """Three stages of reading numbers: quick, digits where that failed, and the value.

        Stages are nested queries: an expression that stands once is computed, and its
        pattern compiled, once.
        """
        quick, found, value = [], [], []
        for name, cell in self._number_cells().items():
            field = self.mapping.fields.get(name)
            scale = field.scale if field else Decimal(1)
            whole = field is not None and rmis.field(name).sql == rmis.COUNT and scale == 1
            read = (
                cells.quick_count(cell)
                if whole
                else cells.quick_number(cell, self._spec, cells.wide_type(scale))
            )
            q, d = f"q_{name}", f"d_{name}"
            quick.append(f"{read} AS {q}")
            rest = cells.digits(cell, self._spec)
            found.append(f"CASE WHEN {q} IS NULL THEN {rest} END AS {d}")
            if whole:
                result = cells.count(q, d, cell, self._spec)
            else:
                result = cells.number(q, d, cell, self._spec, scale)
            sql_type = rmis.field(name).sql if field else rmis.MONEY
            value.append(f"CAST({result} AS {sql_type}) AS {name}")
        return quick, found, value

    def _date(self, name: str) -> str:
        cell = self._filled(name)
        return cells.date(cell, self.mapping.fields[name]) if cell else "NULL::DATE"

    # -- the typed rows ------------------------------------------------------------------

    def _columns(self) -> dict[str, str]:
        """Every column but the numbers, by name."""
        constants, attribution = self.mapping.constants, self.mapping.attribution
        retailer = constants.retailer_id or self.facts.retailer_id
        hour = self._filled("hour")
        gtin = self._filled("gtin14")
        columns = {
            "retailer_id": self._text("retailer_id") or constant(retailer),
            "placement_type": self._placement(),
            "date": self._date("date"),
            "period_end": self._date("period_end"),
            "hour": f"try_cast({hour} AS TINYINT)" if hour else "NULL::TINYINT",
            "row_key": self._row_key(),
            "attr_model": constant(attribution.code()),
            "currency": f"upper({self._text('currency')})"
            if "currency" in self.binding.fields
            else constant(constants.currency or self.facts.currency),
            "gtin_read": f"rmnctl_gtin({cells.text(gtin, self._spec)})"
            if gtin
            else "NULL::VARCHAR",
        }
        columns |= {name: self._text(name) or "NULL::VARCHAR" for name in _TEXT}
        columns["sales_channel"] = self._text("sales_channel") or constant(
            attribution.sales_channel
        )
        for name in ("creative_text", "customer_id", "geo_detail"):
            if name in self.binding.fields:
                columns[name] = self._text(name) or "NULL::VARCHAR"
        return columns

    def typed(self, source: str) -> str:
        """SQL for every row of `source` (c0 … cN, source_row): values, mask, bad fields.

        `bad` has bit i set when the i-th mapped field, in the mapping's order, has a filled
        cell that could not be read. `period` is 0 for a day, 1 an hour, 2 a longer range.
        """
        columns = [f"{sql} AS {name}" for name, sql in self._columns().items()]
        quick, found, full = self._numbers()
        seen = f"SELECT *, {', '.join([*columns, *quick])} FROM {source}"
        if self.facts.crosswalk:
            full.append("rmnctl_sku(retailer_id, sku_id) AS brand_sku")
        careful = f"SELECT {', '.join(['*', *found])} FROM ({seen})"
        read = f"SELECT {', '.join(['*', *full])} FROM ({careful})"
        joined = f"SELECT t.*{self._looked_up()} FROM ({read}) t"
        period = (
            "CASE WHEN period_end <> date THEN 2 WHEN hour IS NOT NULL THEN 1 ELSE 0 END AS period"
        )
        odd = cells.names_other_period(self._filled("date") or "NULL")
        other = f"CASE WHEN date IS NULL THEN coalesce({odd}, false) END AS other_period"
        checked = f"SELECT *, {self._bad()} AS bad, {period}, {other} FROM ({joined})"
        return f"SELECT *, {self._mask()} AS mask FROM ({checked})"

    def _looked_up(self) -> str:
        columns = ""
        if self.facts.crosswalk:
            columns += (
                " REPLACE (coalesce(t.brand_sku, t.sku_id) AS sku_id, "
                "coalesce(t.retailer_item_id, CASE WHEN t.brand_sku <> t.sku_id THEN t.sku_id END) "
                "AS retailer_item_id)"
            )
        if self.facts.base_currency is not None:
            columns += ", rmnctl_fx_rate(t.currency, t.date) AS fx_rate"
            columns += ", rmnctl_fx_date(t.currency, t.date) AS fx_date"
        return columns

    def _bad(self) -> str:
        terms = ["0"]
        for bit, name in enumerate(self.mapping.fields):
            column = "gtin_read" if name == "gtin14" else name
            if name in _NUMERIC or name in {"date", "period_end", "hour", "gtin14"}:
                cell = self._filled(name)
                if cell is None:
                    continue
                failed = f"NOT {cells.blank(cell, self._spec)}"
                lost = f"{column} IS NULL" if name != "gtin14" else f"left({column}, 1) = '!'"
                terms.append(flag(1 << bit, lost, failed))
        return " | ".join(terms)

    def field_bits(self, names: Sequence[str]) -> int:
        """The `bad` bits of these fields."""
        order = list(self.mapping.fields)
        return sum(1 << order.index(n) for n in names if n in order)

    def _mask(self) -> str:
        mapped = self.binding.fields
        numeric = [n for n in mapped if n in _NUMERIC]
        numeric_bits = self.field_bits([*numeric, "hour", "period_end"])
        tests = [
            (Reason.E_DATE_PARSE, f"date < DATE {quote(_FIRST_DAY)}"),
            (Reason.E_NUM_PARSE, f"bad & {numeric_bits} <> 0"),
            (Reason.E_FUTURE_DATE, f"date > DATE {quote(self.facts.as_of.isoformat())}"),
            (Reason.E_RETAILER_MISSING, "retailer_id IS NULL"),
            (Reason.E_CURRENCY_UNKNOWN, self._currency_fault()),
        ]
        if numeric:
            tests.append((Reason.E_NEGATIVE, " OR ".join(f"{n} < 0" for n in numeric)))
        if "clicks" in mapped and "impressions" in mapped:
            midnight = (
                f"clicks - impressions <= {_BOUNDARY_CLICKS} "
                f"AND impressions <= {_BOUNDARY_IMPRESSIONS}"
            )
            tests.append((Reason.E_CLICK_GT_IMPR, f"clicks > impressions AND NOT ({midnight})"))
        if "sku_id" in mapped and not self.mapping.fields["sku_id"].optional:
            tests.append((Reason.E_SKU_MISSING, "sku_id IS NULL"))
        if "gtin14" in mapped:
            tests.append((Reason.E_GTIN_CHECK, "left(gtin_read, 1) = '!'"))
        if self.facts.base_currency is not None:
            tests.append((Reason.E_FX_MISSING, "fx_rate IS NULL AND date IS NOT NULL"))
        tests += self._parts_checks() + self._unit_checks()
        gate = self._suspicious_gate()
        terms = [flag(reason.value, test) for reason, test in tests]
        terms += [
            flag(Reason.E_GRAIN_MIX.value, "other_period"),
            flag(Reason.E_DATE_PARSE.value, "NOT other_period"),
            flag(Reason.E_TOTAL_ROW.value, gate, self._is_total()),
            flag(Reason.BLANK_ROW.value, gate, self._is_blank()),
        ]
        return " | ".join(terms)

    def _currency_fault(self) -> str:
        known = ", ".join(quote(code) for code in sorted(ISO_4217))
        if "currency" in self.binding.fields:
            # An ENUM cast looks the code up; a long IN list becomes a join.
            faults = [f"try_cast(currency AS ENUM({known})) IS NULL"]
        else:
            stated = self.mapping.constants.currency or self.facts.currency
            faults = [] if stated in ISO_4217 else ["true"]
        for name in ("cost", "revenue"):
            cell = self._filled(name)
            if cell is not None:
                # A quickly read amount has no symbol but the many-meaning dollar.
                named = cells.symbol_currency(cell)
                faults.append(f"CASE WHEN q_{name} IS NULL THEN {named} <> currency END")
        return " OR ".join(f"({f})" for f in faults) or "false"

    def _parts_checks(self) -> list[tuple[Reason, str]]:
        tests = []
        for check in self.mapping.checks:
            if all(n in self.binding.fields for n in (check.total, *check.parts)):
                gap = f"abs({check.total} - ({' + '.join(check.parts)}))"
                # A cent a part is rounding, whatever the total.
                slack = f"greatest({check.tolerance} * {check.total}, 0.01 * {len(check.parts)})"
                tests.append((Reason.E_PARTS_MISMATCH, f"{gap} > {slack}"))
        return tests

    def _unit_checks(self) -> list[tuple[Reason, str]]:
        """The report's own ratios refute an amount that is off by a factor of five."""
        ratios = {"cpc": ("cost", "clicks"), "roas": ("revenue", "cost")}
        tests = []
        for name in self.binding.derived:
            above, below = ratios[name]
            if above in self.binding.fields and below in self.binding.fields:
                shown = f"shown_{name}"
                apart = f"abs(ln(({above} / {below})::DOUBLE / {shown}::DOUBLE)) > ln(5)"
                enough = f"{above} >= 0.1 AND {below} > 0 AND {shown} >= 0.05"
                tests.append((Reason.E_UNIT_SUSPECT, f"CASE WHEN {enough} THEN {apart} END"))
        return tests

    # -- rows that are not data ----------------------------------------------------------

    def _naming_columns(self) -> list[str]:
        names = [n for n in _TEXT if n in self.binding.fields]
        return names + (["row_key"] if self._key_columns() else [])

    def _suspicious_gate(self) -> str:
        # A total row lacks what names a row; testing this first spares every other row.
        return " OR ".join(f"{c} IS NULL" for c in ("date", *self._naming_columns()))

    def _all_cells(self) -> str:
        last = max(p for found in self.binding.fields.values() for p in found)
        return ", ".join(f"lower(trim(c{i}))" for i in range(last + 1))

    def _is_total(self) -> str:
        words = ", ".join(quote(w) for w in TOTAL_WORDS)
        named = " AND ".join(f"{c} IS NULL" for c in ("date", *self._naming_columns()))
        numbers = [n for n in self.binding.fields if n in _NUMERIC]
        has_number = " OR ".join(f"{n} IS NOT NULL" for n in numbers) or "false"
        word = f"list_has_any([{self._all_cells()}], [{words}])"
        long_word = f"regexp_matches({self._first_cell()}, '^(grand |report )?totals?\\s*[:(–-]')"
        return f"{word} OR {long_word} OR ({named} AND ({has_number}))"

    def _first_cell(self) -> str:
        return "coalesce(lower(trim(c0)), '')"

    def _is_blank(self) -> str:
        return f"len(list_filter([{self._all_cells()}], lambda x: x <> '')) = 0"

    # -- the RMIS rows -------------------------------------------------------------------

    def measures(self) -> list[str]:
        """The measures this mapping reads."""
        return [n for n in MEASURES if n in self.binding.fields]

    def rmis(self, typed: str, sha256: str) -> str:
        """SQL for the schema's columns over typed rows of the file with that digest."""
        mapped, attribution = self.binding.fields, self.mapping.attribution
        window = max(attribution.window_click_days or 0, attribution.window_view_days or 0)
        settles = window + attribution.restatement_days
        known_window = attribution.window_click_days is not None
        final = f"date + {settles} <= DATE {quote(self.facts.as_of.isoformat())}"
        given = {
            "event_id": f"md5(concat_ws(chr(31), {', '.join(as_key(k) for k in KEY)}))::UUID",
            "report_timezone": constant(self.mapping.constants.report_timezone),
            "grain": "CASE period WHEN 2 THEN 'range' WHEN 1 THEN 'hour' ELSE 'day' END",
            "channel": constant(self.mapping.constants.channel),
            "gtin14": "CASE WHEN left(gtin_read, 1) <> '!' THEN gtin_read END",
            "window_click_days": integer(attribution.window_click_days, "SMALLINT"),
            "window_view_days": integer(attribution.window_view_days, "SMALLINT"),
            "interaction": constant(attribution.interaction),
            "credit_model": constant(attribution.credit_model),
            "sku_scope": constant(attribution.sku_scope),
            "conversion_basis": constant(attribution.conversion_basis),
            "source_file_sha256": constant(sha256),
            "mapping_id": constant(self.mapping.id),
            "mapping_version": f"{self.mapping.version}::INTEGER",
            "as_of": f"DATE {quote(self.facts.as_of.isoformat())}",
            "is_final": final if known_window else "false",
            "base_currency": constant(self.facts.base_currency),
        }
        if self.facts.base_currency is not None:
            given |= {
                f"{n}_base": f"try_cast({n} * fx_rate AS DECIMAL(18,6))"
                for n in ("cost", "revenue")
                if n in mapped
            }
            given |= {"fx_rate": "fx_rate", "fx_date": "fx_date"}
        present = set(self._columns()) | {"source_row"} | (set(mapped) & set(_NUMERIC))
        columns = []
        for field in rmis.FIELDS:
            if field.role is rmis.Role.PRIVATE and field.name not in mapped:
                continue
            nothing = constant(None) if field.sql == "VARCHAR" else f"NULL::{field.sql}"
            value = given.get(field.name) or (field.name if field.name in present else nothing)
            columns.append(f"{value} AS {field.name}")
        return f"SELECT {', '.join(columns)} FROM ({typed})"
