"""The closed vocabularies of RMIS. `unknown` always means: the source does not say."""

from __future__ import annotations

from enum import StrEnum


class PlacementType(StrEnum):
    """Where an ad was shown."""

    SPONSORED_PRODUCT = "sponsored_product"
    SPONSORED_BRAND = "sponsored_brand"
    SEARCH = "search"
    ONSITE_DISPLAY = "onsite_display"
    OFFSITE_DISPLAY = "offsite_display"
    VIDEO = "video"
    CTV = "ctv"
    AUDIO = "audio"
    IN_STORE = "in_store"
    UNKNOWN = "unknown"


class CreditModel(StrEnum):
    """How a conversion is credited to the ads that preceded it."""

    LAST_CLICK = "last_click"
    LAST_TOUCH = "last_touch"
    FIRST_CLICK = "first_click"
    LINEAR = "linear"
    TIME_DECAY = "time_decay"
    DATA_DRIVEN = "data_driven"
    UNKNOWN = "unknown"


class Interaction(StrEnum):
    """Which contact with an ad counts towards a conversion."""

    CLICK = "click"
    VIEW = "view"
    CLICK_OR_VIEW = "click_or_view"
    UNKNOWN = "unknown"


class SkuScope(StrEnum):
    """Whose sales are credited: the advertised item's, other items', or both."""

    SAME_SKU = "same_sku"
    HALO = "halo"
    TOTAL = "total"
    UNKNOWN = "unknown"


class SalesChannel(StrEnum):
    """Where the credited purchase happened."""

    ONLINE = "online"
    INSTORE = "instore"
    ALL = "all"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """Where the media ran."""

    ONSITE = "onsite"
    OFFSITE = "offsite"
    INSTORE = "instore"
    UNKNOWN = "unknown"


class ConversionBasis(StrEnum):
    """What one conversion counts."""

    ORDERS = "orders"
    UNITS = "units"
    ITEMS = "items"
    UNKNOWN = "unknown"


class Grain(StrEnum):
    """The period one row covers."""

    DAY = "day"
    HOUR = "hour"
    RANGE = "range"
