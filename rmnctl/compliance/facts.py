"""What is known about an ad beside its words: the facts record, and one line of input.

A missing key (or null) says that something is not known; an empty value says that there is none.
The record is closed: a fact nobody asks for is a spelling mistake that would silently leave a
rule without its answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from rmnctl.config import ConfigModel
from rmnctl.errors import did_you_mean


def _texts(value: Any) -> Any:
    """One text is a list of one; an empty text is an empty list."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    return value


def _evidence(value: Any) -> Any:
    """Evidence as a list: ids, texts or records; true says there is some, false that there is none."""
    if value is True:
        return ["yes"]
    if value is False or value in ("", {}):
        return []
    if isinstance(value, str | Mapping | int | float):
        return [value]
    return value


def _file(value: Any) -> Any:
    """A text alone is the path of the file."""
    return {"file": value} if isinstance(value, str) else value


_MEASURE = re.compile(
    r"\s*(\d+(?:[.,]\d+)?)\s*(?:%|percent|per cent|months?|mo\.?|% (?:abv|vol\.?))?\s*",
    re.IGNORECASE,
)


def _measure(value: Any) -> Any:
    """A number written with its unit: 60 %, 6 months."""
    match = _MEASURE.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else float(match.group(1).replace(",", "."))


Share = Annotated[float, Field(ge=0, le=100), BeforeValidator(_measure)]
Months = Annotated[float, Field(ge=0), BeforeValidator(_measure)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
Evidence = Annotated[list[str | int | float | dict[str, Any]], BeforeValidator(_evidence)]


class Asset(ConfigModel):
    """What is known about an image file; a text alone is the file's path."""

    file: str | None = Field(
        None, description="Path, from the folder of the copies; the file is measured."
    )
    width: int | None = Field(None, ge=0, description="Pixels.")
    height: int | None = Field(None, ge=0, description="Pixels.")
    bytes: int | None = Field(None, ge=0, description="File size.")
    format: str | None = Field(None, description="png, jpg, gif …")
    background: str | None = Field(None, description="white, transparent, or a colour #rrggbb.")
    text: Texts | None = Field(None, description="Words to be read in the image.")
    text_px: float | None = Field(None, ge=0, description="Height of the smallest text, pixels.")
    device: str | None = Field(None, description="desktop or mobile.")
    colors: Texts | None = Field(None, description="Text and background colour, #rrggbb each.")
    seconds: float | None = Field(None, ge=0, description="Length of an animation.")
    offsite: bool | None = Field(None, description="It runs outside the retailer's own pages.")


class Facts(ConfigModel):
    """The facts record. All keys may be missing."""

    category: str | None = Field(None, description="What is sold: supplement, beer, beauty …")
    locale: str | None = Field(None, description="Where it runs and in which language: en-US.")
    brand: Texts | None = Field(None, description="Brand names in their own casing.")
    product: Texts | None = Field(None, description="Product names and trademarks of the brand.")
    competitors: Texts | None = Field(None, description="Rivals' names, products and retailers.")
    substantiation: Evidence | None = Field(None, description="Evidence held for the claims.")
    disclaimer: Texts | None = Field(None, description="Fine print shown with the ad.")
    offer: Evidence | None = Field(None, description="The offer in words or as a record.")
    offer_source: Texts | None = Field(None, description="Programme: subscribe_and_save, add_on …")
    offer_history: Evidence | None = Field(
        None, description="Earlier runs of this offer: {start, end}, ISO dates."
    )
    price_history: Evidence | None = Field(
        None, description="Earlier prices: {price, start, end} or {price, days}."
    )
    drives_to_coupon: bool | None = Field(None, description="The click leads to a coupon.")
    cta: Texts | None = Field(None, description="Words on the button.")
    recognised_excellence: Evidence | None = Field(
        None, description="Recognised excellent environmental performance (EU Ecolabel …)."
    )
    neutral_basis: Texts | None = Field(
        None, description="What neutrality rests on: offset, or the product's own life cycle."
    )
    flight: Evidence | None = Field(None, description="When it runs: {start, end}, ISO dates.")
    headline: Texts | None = Field(None, description="The ad's headline, where this is not it.")
    shown_text: Texts | None = Field(None, description="All words to be read in the ad.")
    ingredients: Texts | None = Field(None, description="What the product is made of.")
    synthetic_ingredients: Texts | None = Field(None, description="Those that are synthetic.")
    testimonial: Evidence | None = Field(None, description="A real customer's consent and tie.")
    epa_registration: Evidence | None = Field(None, description="Pesticide registration number.")
    fda_notice: Evidence | None = Field(None, description="Notice of the claim sent to the FDA.")
    us_origin: Evidence | None = Field(None, description="All or virtually all made in the USA.")
    recyclable_access: Share | None = Field(
        None, description="% of people who can recycle it where they live."
    )
    own_label: Evidence | None = Field(None, description="A third party certifies the label shown.")
    age_months: Months | None = Field(None, description="Youngest child it is sold for.")
    abv: Share | None = Field(None, description="Alcohol by volume, %.")
    advertiser: Texts | None = Field(None, description="Responsible advertiser, city and state.")
    price_approved: bool | None = Field(None, description="The network approved naming a price.")
    location_approved: bool | None = Field(None, description="It approved naming a place.")
    authorised: bool | None = Field(None, description="Owner or authorised seller.")
    click_url: str | None = Field(None, description="Where a click leads.")
    items: int | None = Field(None, ge=0, description="Products in the ad.")
    changed_since_review: Texts | None = Field(None, description="Parts changed since approval.")
    image: Annotated[Asset | None, BeforeValidator(_file)] = Field(None, description="The image.")
    logo: Annotated[Asset | None, BeforeValidator(_file)] = Field(None, description="The logo.")


class Copy(ConfigModel):
    """One line of input: a piece of copy, where it runs, and what is known about it."""

    id: str | int = Field(description="Name of the copy, returned with its verdict.")
    platform: str = Field(description="Ad product, e.g. amazon_sb; any: the law only.")
    element: str = Field(description="headline, body, tagline, cta, brand or alt.")
    context: Facts = Field(default_factory=Facts, description="The facts record.")
    copy_: str = Field(alias="copy", description="The words.")


ELEMENTS = ("headline", "body", "tagline", "cta", "brand", "alt")


def known(value: Any) -> bool:
    """True if a fact is known, be it that there is none."""
    return value is not None


def holds(value: Any) -> bool:
    """True if a known fact says that there is something."""
    return bool(value) and value != 0


_SURROGATE = re.compile("[\ud800-\udfff]")


@cache
def _names(where: tuple[str, ...]) -> tuple[str, ...]:
    model = Copy if not where else Asset if where[-1] in {"image", "logo"} else Facts
    return tuple(f.alias or name for name, f in model.model_fields.items())


def _fault(error: Any) -> str:
    place = tuple(str(p) for p in error["loc"] if not isinstance(p, int))
    dotted = ".".join(place) or "the line"
    if error["type"] == "extra_forbidden":
        return f"{dotted}: unknown key. {did_you_mean(place[-1], _names(place[:-1]))}"
    return f"{dotted}: {error['msg']}"


def parse_line(line: str, defaults: Mapping[str, str] | None = None) -> Copy | list[str]:
    """Read one line of input.

    Args:
        line: A JSON object.
        defaults: `platform` and `locale` for lines that name none.

    Returns:
        The copy, or everything that is wrong with the line; never a value from it.
    """
    given = defaults or {}
    if not any(given.values()) and "\\ud" not in line.lower():
        # Nearly all lines are right as they stand; another one is looked at again for its faults.
        try:
            return _of_an_element(Copy.model_validate_json(line))
        except ValidationError:
            pass
    try:
        data = json.loads(line)
    except RecursionError:
        return ["nested too deeply"]
    except ValueError as error:
        return [f"not JSON: {getattr(error, 'msg', 'cannot be read')}"]
    if not isinstance(data, dict):
        return ["not a JSON object"]
    if "\\ud" in line.lower() and _SURROGATE.search(json.dumps(data, ensure_ascii=False)):
        return ["copy: half a character (a lone surrogate); write the whole pair"]
    try:
        return _of_an_element(Copy.model_validate(_completed(data, given)))
    except ValidationError as error:
        return [_fault(e) for e in error.errors(include_url=False, include_input=False)]


def _completed(data: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """A line with the defaults where it says nothing itself."""
    if given.get("platform"):
        data = {"platform": given["platform"], **data}
    context = data.get("context")
    if given.get("locale") and (context is None or isinstance(context, dict)):
        return data | {"context": {"locale": given["locale"], **(context or {})}}
    return {key: value for key, value in data.items() if key != "context" or value is not None}


def _of_an_element(copy: Copy) -> Copy | list[str]:
    if copy.element not in ELEMENTS:
        return [f"element: not an element of an ad. {did_you_mean(copy.element, ELEMENTS)}"]
    return copy
