"""The same policy and the same query in the words of commercial clean rooms.

Sources: AWS Clean Rooms API reference, AnalysisRuleAggregation and AggregationConstraint;
Snowflake documentation, CREATE AGGREGATION POLICY (MIN_ROW_COUNT, MIN_ENTITY_COUNT). What they
cannot say (dominance, contributors, one grain, refresh) is listed with every export.
"""

from __future__ import annotations

from typing import Any

from rmnctl.cleanroom.calendar import Grain
from rmnctl.cleanroom.policy import Policy
from rmnctl.cleanroom.query import Query, Ratio, Sum
from rmnctl.cleanroom.refusals import Code, Refusal
from rmnctl.tables import identifier, quote

#: Bounds of COUNT_DISTINCT minimums, AggregationConstraint.
_AWS_LEAST, _AWS_MOST = 2, 100_000


def aws_analysis_rule(policy: Policy) -> dict[str, Any]:
    """A policy as an AWS Clean Rooms aggregation analysis rule.

    Returns:
        `policy`, the JSON that `create-configured-table-analysis-rule` takes for type
        AGGREGATION, and `not_expressed`, what of our policy AWS has no words for.
    """
    dimensions = ["date"] if policy.dimensions.date.grain != "all" else []
    dimensions += ["placement_type"] if policy.dimensions.placement_type else []
    dimensions += ["sku_id"] if policy.dimensions.sku_id else []
    key = policy.entity_key
    least = min(max(policy.thresholds.min_entities, _AWS_LEAST), _AWS_MOST)
    rule: dict[str, Any] = {
        "aggregateColumns": [{"columnNames": list(policy.metrics), "function": "SUM"}],
        "joinColumns": [],
        "dimensionColumns": dimensions,
        "scalarFunctions": [],
        "outputConstraints": [],
        "additionalAnalyses": "NOT_ALLOWED",
    }
    missing = [
        f"min_records {policy.thresholds.min_records}: AWS counts distinct values only",
        f"min_contributors {policy.thresholds.min_contributors} for each metric",
        f"dominance, p {policy.dominance.p_percent} per cent",
        f"one date grain ({policy.dimensions.date.grain}): AWS groups by any day",
        "public domains of the dimensions",
        f"refresh, min_delta_entities {policy.refresh.min_delta_entities}",
        "answers from released atoms only: AWS applies its minimum to each query",
    ]
    if key is None:
        missing.insert(0, "no customer key: AWS has no minimum of records")
    else:
        rule["aggregateColumns"].append({"columnNames": [key], "function": "COUNT_DISTINCT"})
        rule["outputConstraints"].append(
            {"columnName": key, "minimum": least, "type": "COUNT_DISTINCT"}
        )
    if least != policy.thresholds.min_entities:
        missing.insert(0, f"min_entities {policy.thresholds.min_entities}: AWS takes 2 to 100000")
    return {"policy": {"v1": {"aggregation": rule}}, "not_expressed": missing}


def snowflake_policy(policy: Policy, table: str) -> str:
    """A policy as Snowflake DDL on a table: the double threshold of rows and entities."""
    t = policy.thresholds
    name = identifier(f"rmnctl_{policy.retailer}")
    entity = f" ENTITY KEY ({identifier(policy.entity_key)})" if policy.entity_key else ""
    minimum = f"MIN_ROW_COUNT => {t.min_records}" + (
        f", MIN_ENTITY_COUNT => {t.min_entities}" if policy.entity_key else ""
    )
    return (
        f"CREATE AGGREGATION POLICY {name} AS () RETURNS AGGREGATION_CONSTRAINT ->\n"
        f"  AGGREGATION_CONSTRAINT({minimum});\n"
        f"ALTER TABLE {table_name(table)} SET AGGREGATION POLICY {name}{entity};\n"
    )


def snowflake_query(query: Query, policy: Policy, table: str) -> str:
    """A query as Snowflake-style SQL over events.

    Raises:
        Refusal: The policy does not offer a field of the query.
    """
    offered = {"date": True, "placement_type": policy.dimensions.placement_type is not None}
    offered["sku_id"] = policy.dimensions.sku_id is not None
    named = [f for m in query.metrics for f in _fields(m)]
    if any(f not in policy.metrics for f in named):
        raise Refusal(Code.FIELD_NOT_ALLOWED)
    if any(not offered.get(f) for f in (*query.group_by, *(f.field for f in query.filters))):
        raise Refusal(Code.FIELD_NOT_ALLOWED)
    keys = [_key(name, query.grain) for name in query.group_by]
    metrics = [f"{_aggregate(m)} AS {identifier(m.name)}" for m in query.metrics]
    where = [f"retailer_id = {quote(query.retailer)}"]
    if query.start is not None and query.end is not None:
        where.append(f"date BETWEEN DATE '{query.start}' AND DATE '{query.end}'")
    where += [f"{f.field} IN ({', '.join(quote(v) for v in f.values)})" for f in query.filters]
    by = f"\nGROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else ""
    return (
        f"SELECT {', '.join([*keys, *metrics])}\nFROM {table_name(table)}\n"
        f"WHERE {' AND '.join(where)}{by};\n"
    )


def table_name(text: str) -> str:
    """A table's name, quoted part by part."""
    return ".".join(identifier(part) for part in text.split("."))


def _fields(metric: Sum | Ratio) -> tuple[str, ...]:
    return (metric.field,) if isinstance(metric, Sum) else (metric.above, metric.below)


def _aggregate(metric: Sum | Ratio) -> str:
    if isinstance(metric, Ratio):
        return f"SUM({metric.above}) / NULLIF(SUM({metric.below}), 0)"
    return f"SUM({metric.field})" if metric.agg == "sum" else "COUNT(*)"


def _key(name: str, grain: Grain | None) -> str:
    if name != "date" or grain in {None, Grain.DAY}:
        return name
    if grain is Grain.ALL:
        return "'all' AS date"
    # Snowflake's week starts on Monday unless WEEK_START says otherwise.
    return f"DATE_TRUNC('{grain.value}', date) AS date" if grain else name
