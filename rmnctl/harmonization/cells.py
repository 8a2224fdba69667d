"""SQL that reads one text cell: numbers, dates, text. Null means it could not be read.

Each reader tries the cheap way first; DuckDB's COALESCE and CASE run the costly way only on
the cells that need it. What could mean two numbers is not guessed: a thousands mark must
group by three (or the Indian two), otherwise the cell is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal

from rmnctl.harmonization.mapping import FieldMap
from rmnctl.harmonization.reading import ReadSpec
from rmnctl.rmis.fields import MONEY
from rmnctl.tables import quote

#: Symbols before or after an amount. `$` and `¥` are used by several currencies.
SYMBOLS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY",
    "₫": "VND", "฿": "THB", "₱": "PHP", "₴": "UAH", "₪": "ILS",
    "R$": "BRL", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "US$": "USD",
    "MX$": "MXN", "S$": "SGD", "NZ$": "NZD", "HK$": "HKD", "NT$": "TWD",
    "zł": "PLN", "Kč": "CZK", "Rp": "IDR", "RM": "MYR",
}  # fmt: skip
_AMBIGUOUS = ("$", "¥", "￥", "kr.", "kr", "円", "元", "원", "руб.", "р.")
_ANY_SYMBOL = "|".join(
    s.replace("$", r"\$").replace(".", r"\.")
    for s in sorted([*SYMBOLS, *_AMBIGUOUS], key=len, reverse=True)
)

_MONTHS = {
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
    "en": "january february march april may june july august september october november december",
}
LOCALES = tuple(sorted(_MONTHS))
#: Abbreviations that are not the beginning of the name.
_CONTRACTED = {"märz": "mrz", "maart": "mrt"}

#: A cell that names a month, week, quarter, year, range or hour instead of one day.
_OTHER_PERIOD = (
    r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|\d{4}[- ]?(W|KW|Q)\d{1,2}|(W|KW|Q)\d{1,2}[-/ ]\d{4}|\d{4}"
    r"|[A-Za-zÀ-ÿ]{3,10}\.?[ ,]+\d{4}|.*[ T]\d{1,2}:\d{2}(:\d{2}.*)?"
    r"|.*\d{4}.*\s(-|–|—|~|to|bis|au|al)\s.*\d{4}.*|\d{4}-\d{2}-\d{2}\s*(/|–|—|~|\.\.)\s*\d{4}.*"
)
_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?(Z|[+-]\d{2}:?\d{2})?$"


def blank(cell: str, spec: ReadSpec) -> str:
    """True where the cell is empty or says that it knows nothing."""
    words = ", ".join(quote(w.lower()) for w in spec.null_values if w)
    known = f" OR lower(trim({cell})) IN ({words})" if words else ""
    return f"({cell} IS NULL OR trim({cell}) = ''{known})"


def text(cell: str, spec: ReadSpec) -> str:
    """The cell without outer spaces, null where blank."""
    longest = max((len(w) for w in spec.null_values), default=0)
    words = ", ".join(quote(w.lower()) for w in ("", *spec.null_values))
    # Trimming costs more than looking whether there is anything to trim.
    return (
        f"CASE WHEN strlen({cell}) <= {longest} OR prefix({cell}, ' ') OR suffix({cell}, ' ') "
        f"THEN CASE WHEN lower(trim({cell})) IN ({words}) THEN NULL ELSE trim({cell}) END "
        f"ELSE {cell} END"
    )


def _pattern(spec: ReadSpec) -> str:
    mark = r"\." if spec.decimal == "." else ","
    group = "[" + spec.grouping().replace("'", "''").replace(".", r"\.") + "]"
    body = (
        rf"\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}(?:{mark}\d+)?|\d+(?:{mark}\d*)?|{mark}\d+"
    )
    unit = rf"(?:[A-Z]{{3}}|{_ANY_SYMBOL})?"
    return rf"^\s*\(?[-−+]?\s*{unit}\s*[-−]?({body})\s*{unit}\s*-?\)?\s*$"


def digits(cell: str, spec: ReadSpec) -> str:
    """The digits and marks of an amount written with currency, sign or brackets; else null."""
    return f"nullif(regexp_extract({cell}, '{_pattern(spec)}', 1), '')"


def _careful(found: str, cell: str, spec: ReadSpec, sql_type: str) -> str:
    grouping = spec.grouping().replace("'", "''")
    plain = _point(f"translate({found}, '{grouping}', '')", spec)
    negative = " OR ".join(f"contains({cell}, '{mark}')" for mark in "-−(")
    return (
        f"CASE WHEN {found} IS NOT NULL THEN "
        f"try_cast(CASE WHEN {negative} THEN '-' ELSE '' END || {plain} AS {sql_type}) END"
    )


def quick_number(cell: str, spec: ReadSpec, sql_type: str) -> str:
    """Digits, perhaps with one kind of grouping or a dollar sign; null for anything else.

    A cast that fails costs ten times one that succeeds, so the first character decides first.
    """
    other, mark = (",", r"\.") if spec.decimal == "." else (".", ",")
    dollar = f"replace({cell}, '$', '')"
    branches = []
    if other in spec.grouping():
        whole = rf"\$?\d{{1,3}}({re.escape(other)}\d{{3}})+({mark}\d+)?"
        ungrouped = _point(f"replace({dollar}, '{other}', '')", spec)
        branches.append(
            f"WHEN contains({cell}, '{other}') THEN CASE WHEN "
            f"regexp_full_match({cell}, '{whole}') THEN try_cast({ungrouped} AS {sql_type}) END"
        )
    else:
        branches.append(f"WHEN contains({cell}, '{other}') THEN NULL")
    branches.append(
        f"WHEN ascii({cell}) BETWEEN 48 AND 57 THEN try_cast({_point(cell, spec)} AS {sql_type})"
    )
    branches.append(f"WHEN ascii({cell}) = 36 THEN try_cast({_point(dollar, spec)} AS {sql_type})")
    return f"CASE {' '.join(branches)} END"


def _point(text_sql: str, spec: ReadSpec) -> str:
    return text_sql if spec.decimal == "." else f"replace({text_sql}, ',', '.')"


def quick_count(cell: str) -> str:
    """Plain digits as BIGINT; null for anything else. A cast alone would round fractions."""
    marked = " OR ".join(f"contains({cell}, '{m}')" for m in ".,")
    return f"CASE WHEN {marked} THEN NULL ELSE try_cast({cell} AS BIGINT) END"


def number(quick: str, found: str, cell: str, spec: ReadSpec, scale: Decimal = Decimal(1)) -> str:
    """An amount as DECIMAL(18,6) after scaling.

    Args:
        quick: What `quick_number` gave.
        found: What `digits` gave where `quick` is null.
        cell: The cell.
        spec: How the file writes numbers.
        scale: Factor.
    """
    value = f"coalesce({quick}, {_careful(found, cell, spec, wide_type(scale))})"
    return value if scale == 1 else f"try_cast({value} * {scale:f} AS {MONEY})"


def count(quick: str, found: str, cell: str, spec: ReadSpec) -> str:
    """A whole number as BIGINT; null where the cell has a fraction. Arguments as `number`."""
    exact = _careful(found, cell, spec, MONEY)
    whole = f"CASE WHEN {exact} = trunc({exact}) THEN CAST({exact} AS BIGINT) END"
    return f"coalesce({quick}, {whole})"


def wide_type(scale: Decimal) -> str:
    """Type of an amount before scaling: micros have more digits before the point."""
    return MONEY if scale == 1 else "DECIMAL(38,10)"


def _numeric_months(cell: str, locale: str) -> str:
    sql = f"lower({cell})"
    for index, name in enumerate(_MONTHS[locale].split(), 1):
        # Three letters tell months apart, but for the French juin and juillet.
        stem = name[: 4 if name.startswith("jui") else 3] + r"\pL*"
        if name in _CONTRACTED:
            stem = f"(?:{stem}|{_CONTRACTED[name]})"
        sql = f"regexp_replace({sql}, '{stem}\\.?', '{index:02d}')"
    return sql


def date(cell: str, field: FieldMap) -> str:
    """The cell's day; a time of midnight is allowed, any other time is not a day."""
    if field.parse == ("excel",):
        return f"DATE '1899-12-30' + try_cast({cell} AS INTEGER)"
    bare = f"CASE WHEN contains({cell}, ':') THEN regexp_replace({cell}, '{_MIDNIGHT}', '') ELSE {cell} END"
    named = _numeric_months(bare, field.locale) if field.locale else bare
    formats = ", ".join(quote(f) for f in field.parse or ("%Y-%m-%d",))
    formats = f"[{formats}]" if len(field.parse) > 1 else formats
    return f"try_strptime(trim({named}), {formats})::DATE"


def names_other_period(cell: str) -> str:
    """True where a date cell names a period that is not one day."""
    return f"regexp_full_match(trim({cell}), '{_OTHER_PERIOD}', 'i')"


def symbol_currency(cell: str) -> str:
    """ISO code that an amount itself states, by code or unambiguous symbol, else null."""
    code = f"nullif(regexp_extract(upper({cell}), '(?:^|[^A-Z])([A-Z]{{3}})(?:$|[^A-Z])', 1), '')"
    symbols = " ".join(
        f"WHEN contains({cell}, {quote(s)}) THEN {quote(c)}"
        for s, c in sorted(SYMBOLS.items(), key=lambda item: -len(item[0]))
    )
    # A word of three letters names a currency only beside a number.
    return f"CASE {symbols} WHEN regexp_matches({cell}, '[0-9]') THEN {code} END"
