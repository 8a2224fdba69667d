"""Every number the simulator assumes, with where it comes from.

Three kinds of source: *calibrated* on grocery panel data (completejourney, top 400 products:
price elasticity -1.61, display +1.33 log points, mean discount 10.6 %), *reported* by networks
and their users, *judgement* where nothing public was found. docs/market.md repeats the table.
Sizes are per cell and day unless a comment says otherwise; money is in the market's currency.
"""

from __future__ import annotations

from dataclasses import dataclass

from rmnctl.rmis import PlacementType


@dataclass(frozen=True)
class PlacementPrior:
    """What one placement is like; all judgement within publicly reported ranges.

    Attributes:
        budget: Weight in the brand's budget.
        visit_cost: Cost of one event, an ad visit.
        impressions: Impressions per event.
        clicks: Probability that an event has a click.
        carryover: Share of the advertising pressure that is left a day later.
        marginal: Median marginal iROAS at historic spend, within `MARGINAL_RANGE`.
        window_share: Share of incremental sales that fall inside the attribution window.
    """

    budget: float
    visit_cost: float
    impressions: float
    clicks: float
    carryover: float
    marginal: float
    window_share: float


PLACEMENTS: dict[PlacementType, PlacementPrior] = {
    PlacementType.SPONSORED_PRODUCT: PlacementPrior(0.40, 0.55, 140, 0.95, 0.20, 1.30, 0.95),
    PlacementType.SPONSORED_BRAND: PlacementPrior(0.15, 0.65, 120, 0.90, 0.35, 1.15, 0.93),
    PlacementType.SEARCH: PlacementPrior(0.25, 0.60, 40, 0.95, 0.20, 1.25, 0.95),
    PlacementType.ONSITE_DISPLAY: PlacementPrior(0.20, 0.50, 140, 0.60, 0.45, 1.05, 0.92),
    PlacementType.OFFSITE_DISPLAY: PlacementPrior(0.15, 0.50, 160, 0.45, 0.50, 0.85, 0.88),
    PlacementType.VIDEO: PlacementPrior(0.10, 0.70, 50, 0.30, 0.60, 0.95, 0.87),
    PlacementType.CTV: PlacementPrior(0.10, 0.90, 35, 0.05, 0.65, 0.80, 0.82),
    PlacementType.AUDIO: PlacementPrior(0.05, 0.60, 45, 0.05, 0.60, 0.75, 0.82),
    PlacementType.IN_STORE: PlacementPrior(0.08, 0.45, 80, 0.02, 0.30, 1.00, 0.85),
}

#: Mean spend of a cell in a full-size market; 1 000 cells spend about 250 000 in 28 days.
DAILY_SPEND = 9.0

#: Marginal iROAS at historic spend. Judgement; the recipe asks for a stated range.
MARGINAL_RANGE = (0.3, 2.0)
#: Spread of its logit within that range, by level of pooling. Judgement.
MARGINAL_SD = {"retailer": 0.25, "sku": 0.40, "cell": 0.35}

#: Historic spend over the saturation scale c, median; 1.8 gives iROAS near 3 and break-even at
#: a 32 % margin, so that margins decide which cells earn. Judgement.
DEPTH_MEDIAN = 1.8
DEPTH_LOG_SD = {"placement": 0.10, "sku": 0.15, "cell": 0.20}

#: Exponent of the Hill family, and of the S-curve, which is a Hill curve with an inflection.
HILL_SHAPE = (0.75, 0.95)
S_CURVE_SHAPE = (1.6, 2.8)

#: Advertised sales over organic sales at historic spend, all placements together. Judgement.
ADVERTISED_OVER_ORGANIC = 0.30
#: iROAS implied by the medians above; sizes organic demand and stock, not the truth.
PLANNED_IROAS = 3.0

#: Log standard deviations of catalogue heterogeneity. Judgement (sales of grocery SKUs are
#: heavy-tailed; a log spread of 0.8 puts half of the sales in a fifth of the products).
POPULARITY_LOG_SD = 0.8
RETAILER_LOG_SD = 0.25
CELL_LOG_SD = 0.25

#: Worlds on one catalogue: demand of a pair, its days, and whole retailer-days (log sd).
DEMAND_LOG_SD = 0.20
DEMAND_GAMMA_SHAPE = 8.0
RETAILER_DAY_LOG_SD = 0.06
#: Seasonality: weekday and yearly amplitude, means over departments. Judgement.
WEEKDAY_AMPLITUDE = 0.12
YEARLY_AMPLITUDE = 0.15

#: How budgets follow demand, which makes history endogenous: exponents of season and of
#: yesterday's sales, and the extra share on promotion. Judgement.
FOLLOW_SEASON = 0.7
FOLLOW_SALES = 0.4
FOLLOW_PROMO = 0.3
#: The random part of budgets, which makes history informative: weekly level (log sd), share of
#: cell-weeks without a flight, daily pacing (log sd). Judgement.
WEEK_LEVEL_LOG_SD = 0.40
DARK_WEEKS = 0.06
PACING_LOG_SD = 0.15

#: Promotion depths, shares of price, mean 15 % (panel: 10.6 % over all sales), runs of two
#: weeks, and the share of the discount that the brand funds. Judgement but for the depth.
PROMO_DEPTHS = (0.10, 0.15, 0.20)
PROMO_RUN_WEEKS = 2
PROMO_FUNDED_SHARE = 0.5
#: Wholesale over retail price. Judgement.
WHOLESALE_SHARE = 0.70

#: Stock left for advertised sales over what historic spend would sell: short and ample pairs.
SHORT_COVER = (0.15, 0.75)
AMPLE_COVER = (3.0, 8.0)

#: Planned price over today's price: log sd as a share of `price.dispersion`.
PLANNED_PRICE_SHARE = 0.5

#: Days after which a sale no longer counts as caused by a contact (Amazon: 7 or 14).
WINDOW_DAYS = 14
#: Attributed units after the first of a cell and day that belong to an order already counted;
#: organic attributed units that are another item's.
EXTRA_UNITS = 0.20
OTHER_ITEM_SHARE = 0.25
#: Largest share of organic buyers that one placement can touch.
REACH_CAP = 0.6

#: Shoppers: events per person over the history; a power law of activity by rank (2.5: the most
#: active 1 % make an eighth of the events) that is flat above the top share, so that nobody
#: shops around the clock; and regions.
EVENTS_PER_SHOPPER = 10
ACTIVITY_POWER = 2.5
ACTIVITY_FLAT_SHARE = 0.0002
REGIONS = 48

#: Share of conversions already reported for rows of this age in days (Amazon restates 1, 7
#: and 28 days after the conversion; a 14-day row can change for 42 days). Shares: judgement.
REPORTED_BY_AGE = ((1, 0.80), (7, 0.90), (28, 0.96), (42, 0.99))
RESTATED_DAYS = 42
#: Rows that a download repeats.
DUPLICATE_SHARE = 0.001

#: Lift tests: share of retailer x placement pairs tested, days, and the standard error as a
#: share of the incremental revenue planned for the test (judgement: well-run geo tests).
TESTED_SHARE = 0.5
TEST_DAYS = 28
TEST_ERROR = 0.15
