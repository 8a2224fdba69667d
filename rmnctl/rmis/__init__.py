"""RMIS, the Retail Media Interop Schema: one meaning, unit and type for every column."""

from rmnctl.rmis.enums import (
    Channel,
    ConversionBasis,
    CreditModel,
    Grain,
    Interaction,
    PlacementType,
    SalesChannel,
    SkuScope,
)
from rmnctl.rmis.fields import (
    CORE,
    COUNT,
    FIELDS,
    MONEY,
    PRIVATE,
    RMIS_SCHEMA,
    Field,
    Role,
    field,
    fields_of,
)
from rmnctl.rmis.gtin import Gtin, GtinFault, check_digit, normalise

__all__ = [
    "CORE",
    "COUNT",
    "FIELDS",
    "MONEY",
    "PRIVATE",
    "RMIS_SCHEMA",
    "Channel",
    "ConversionBasis",
    "CreditModel",
    "Field",
    "Grain",
    "Gtin",
    "GtinFault",
    "Interaction",
    "PlacementType",
    "Role",
    "SalesChannel",
    "SkuScope",
    "check_digit",
    "field",
    "fields_of",
    "normalise",
]
