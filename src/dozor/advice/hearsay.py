"""What the playbook asks about things told in words: a phishing message, an admission, damage, a private sender."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dozor.advice.common import DAY, Facts, Instants, add, midnight, venues
from dozor.advice.tables import figure
from dozor.model import Dossier, Journey, Milestone

# Stages at which a record says that the parcel waits for the buyer, whatever a message with a link may claim.
WAITS = frozenset({Milestone.CUSTOMS_HELD, Milestone.AVAILABLE_FOR_PICKUP, Milestone.DELIVERY_ATTEMPT_FAILED})
# What is claimed, or contradicted by the scans, where the number belongs to another's parcel.
ANOTHERS = frozenset({"other_place", "other_country", "other_weight", "before_order", "empty_mailing"})
OTHER_PARCEL = frozenset({"other_city", "other_destination", "event_before_payment", "number_of_other_year"})
FAULTS = frozenset({"damaged", "wrong_item", "empty_mailing"})


def hearsay_facts(
    facts: Facts, at: Instants, dossier: Dossier, journey: Journey, replies: Sequence[str], *, goods: bool
) -> None:
    """Facts from the claims of the buyer's text (`dossier.said`) and from who sold or sent it."""
    said, order = set(dossier.said), dossier.order
    shop = (order.marketplace or "").lower()
    add(
        facts,
        phishing="phishing" in said,
        charged_twice="charged_twice" in said,
        order_cancelled="order_cancelled" in said and "refunded" not in said and not _handed_over(journey),
        shop_gone="shop_gone" in said,
        admitted="fake_admitted" in said or "no_tracking_cheap" in replies,
        forwarder="at_forwarder" in said,
        not_ours=bool(ANOTHERS & said) or any(each.id in OTHER_PARCEL for each in journey.contradictions),
        on_record=journey.stage in WAITS,
        settled=goods and "refunded" in said,
        office_known=journey.stage in WAITS or journey.stage is Milestone.ARRIVED_AT_DELIVERY_OFFICE,
        empty="empty_mailing" in said,
        damaged=not goods and ("damaged" in said or journey.stage is Milestone.DAMAGED),
        defect=goods and bool(FAULTS & said),
        private=private(dossier),
        long_silent=journey.silence_days is not None and journey.silence_days >= figure("inquiry_from"),
        not_posted=order.shipped is None and not _handed_over(journey),
        unmoved=not _handed_over(journey),
        prepaid=(order.destination or "").upper() in venues().prepaid_countries and shop in venues().prepaid_shops,
    )
    posted = midnight(order.shipped) or journey.first_acceptance or midnight(order.paid)
    if posted is not None:
        # Whole words: "AliExpress" names no express.
        words = set(re.findall(r"\w+", (order.service or "").lower()))
        fast = not words.isdisjoint(venues().express) or _express(dossier)
        at["inquiry_by"] = posted + DAY * figure("inquiry_express" if fast else "inquiry")


def private(dossier: Dossier) -> bool:
    """Whether a private person sent it: nothing was bought, so no shop and no payment stand behind it."""
    order = dossier.order
    if order.marketplace is not None:
        return order.marketplace.lower() in venues().private
    return "private_sender" in dossier.said and order.price is None and order.paid is None


def _handed_over(journey: Journey) -> bool:
    """Whether any scan shows the parcel in a carrier's hands."""
    told = (event for event in journey.events if not event.forecast and not event.reversed)
    waiting = (None, Milestone.PRE_SHIPMENT, Milestone.INFO, Milestone.CANCELLED)
    return any(event.milestone not in waiting for event in told)


def _express(dossier: Dossier) -> bool:
    """Whether a number of the dossier is one of express mail: its service letters begin with E."""
    return any(number[:1].upper() == "E" and number[-2:].isalpha() for number in dossier.numbers)
