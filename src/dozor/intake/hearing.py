"""Everything that one text says of a purchase, heard once: facts, claims, the parcel's last place, the seller's words.

Where a text quotes several statuses, the carrier's own wording outranks an aggregator's: trackers translate
"handed to customs" as "held by customs".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from dozor.intake.claims import Claim, claims, joined
from dozor.intake.concepts import TOWN, Hit, Sentence, breaks, countries, folded, sentences
from dozor.intake.sentence import Facts, lookup, read_facts, words_of
from dozor.intake.spans import BREAK, durations, roles
from dozor.journey import normalise
from dozor.model import Milestone

QUOTED = re.compile(r"[\"'«“„「‘](?P<words>[^\"»”“」’\n]{3,160}?)[\"'»”“」’](?!\w)")
# Claims that outrank a quoted status: they say what came of it.
OUTCOMES = frozenset({"returned", "lost", "seized", "storage_ends", "customs_wants", "own_address"})

# Claims of one who holds what came.
IN_HAND = frozenset({"wrong_item", "empty_received"})

# Claims about a site: how long it has been so says nothing of the parcel.
SITES = frozenset({"site_down", "source_behind", "phishing"})
# How many signs may stand between "I live in" and a country.
NEAR = 12
# Signs of a text that are listened to: ten pages. Whoever pastes more does not tell of one purchase.
LONGEST = 20_000

# Claims that say so little of the place that a status without quotes says more.
VAGUE = frozenset({"on_the_way", "loop", "left_country"})
# Concepts whose words a site shows instead of a status.
NO_STATUS = ("not_found", "bad_form", "broken", "dead", "preparing", "untracked", "partial")
# What is spoken of in sentences that tell of the purchase and not of a scan.
NO_SCAN = ("ship", "order_act", "dead", "seller", "part", "promise", "dispute", "i_return", "no_answer", "refund")
# Who can say something.
SPEAKERS = frozenset({"seller", "carrier", "platform", "aggregator", "own_site"})
# Claims that leave the matter open.
THIN = frozenset(
    {
        "refunded",
        "seller_silent",
        "private_sender",
        "on_the_way",
        "stuck",
        "goods_missing",
        "bad_form",
        "carrier_unknown",
        "customs",
    }
)

# Places that a carrier's phrases find in a status and that the buyers' concepts may still correct.
UNSURE = (None, Milestone.INFO, Milestone.IN_TRANSIT, Milestone.CUSTOMS_PROCESSING, Milestone.ACCEPTED)
# A token that is a number and no word: signs of Latin and six digits at least.
BARE = re.compile(r"(?=(?:\D*\d){6})[A-Za-z0-9]+")
TOUCH = 2  # signs between two words that stand next to each other
# Places that a seller names to explain a delay: his word is no scan.
EXCUSES = frozenset({"customs", "customs_held", "on_the_way", "left_country"})

ENDS = frozenset({"lost", "returned", "seized"})
STEP = 6  # signs between two stations of a way that is told as such: "Paris - Lyon - Paris"
ROUND = 3  # places named in one breath, one of them twice, are a way to and fro
ARTICLES = 3  # words after "I live in" among which the name of the place is looked for
IDEOGRAPHS = "\u3400"
OBJECTS = frozenset({"parcel", "number", "letter", "order_number", "link", "dispute", "papers", "shows"})
TELLERS = frozenset({"shows", "site", "own_site", "aggregator", "carrier", "platform", "seller"})
WELL = 15  # signs between "arrived in" and "perfect condition"
GOODS = frozenset({"goods_here", "goods_came"})
# What may follow "it came, but …" and takes nothing back.
HARMLESS = frozenset({"shows", "number", "site", "own_site", "aggregator", "seller", "platform", "dispute", "transit"})
OBJECT = 20  # signs between a verb of receiving and what was received
SAME_NAME = 5  # letters by which two forms of one town's name are the same
YEAR = 12  # months
DELIVERED = frozenset({"delivered"})
SCANS = frozenset({"delivered", "accepted", "transit"})

Stage = tuple[str, Milestone | None, float | None]


class Heard(Struct, frozen=True):
    """What a text says. `stage`: words, meaning and age (days) of the parcel's last place, as far as told."""

    facts: Facts
    said: tuple[str, ...] = ()
    stage: Stage | None = None
    seller: tuple[str, ...] = ()
    ends: frozenset[str] = frozenset()  # countries where the parcel is said to have come to
    seen: tuple[tuple[str, str, float | None], ...] = ()  # towns a status names: country, the words, days since


def hear(text: str, today: dt.date) -> Heard:
    """All that a text of any of the languages says, as of the day it was said; of a whole book, its beginning."""
    text = text[:LONGEST]
    if all(BARE.fullmatch(token) for token in text.split()):
        return Heard(Facts())  # nothing but numbers: there is no word to hear
    spoken = tuple(_dated(sentence, today) for sentence in sentences(text))
    found = claims(spoken)
    if all(_open(claim) for claim in found):
        # Nothing telling in any one sentence: perhaps two together say it.
        found = (*claims(joined(spoken)), *found)
    found = tuple(
        claim
        for claim in found
        if not (claim.id in EXCUSES and _sellers(claim.sentence))
        and not (claim.id == "other_place" and (_one_town(claim.sentence) or not _home_named(claim.sentence)))
    )
    facts = _with(read_facts(text), roles(spoken, today))
    found = tuple(
        claim
        for claim in found
        if not (claim.id in ENDS and _only_asked(claim.sentence))
        and (claim.id != "goods_came" or _in_hand(claim.sentence))
        and (claim.id != "goods_here" or not _by_the_record(claim.sentence))
        and (claim.id not in GOODS or not _taken_back(claim.sentence))
    )
    ids = {claim.id for claim in found}
    here = bool(ids & GOODS)
    if here and "goods_missing" in ids:
        facts = replace(facts, received=None)  # both are said: nobody is told to confirm on that
    elif here:
        facts = replace(facts, received=True)
    elif facts.received is True:
        facts = replace(facts, received=None)  # "the seller writes that I received it" is no claim of the buyer's
    elif ids & IN_HAND and facts.received is None and "goods_missing" not in ids:
        facts = replace(facts, received=True)  # who found the wrong thing or nothing inside has opened a parcel
    elif "goods_missing" in ids and facts.received is None:
        facts = replace(facts, received=False)
    if "protection_over" in ids and facts.protection_over_days is None and facts.protection_days_left is None:
        facts = replace(facts, protection_over_days=0.0)  # by today at the latest; when, is not said
    if ids & SITES:
        facts = replace(facts, last_event_days_ago=None)  # the age of a site's trouble, not of the parcel's
    stage = None if "phishing" in ids else _stage(spoken, found, facts, today)
    round_trip = next((sentence for sentence in spoken if _to_and_fro(sentence)), None)
    if stage is None and round_trip is not None:
        stage = (round_trip.text, Milestone.IN_TRANSIT, _age(round_trip, today))
    home = home_of(spoken)
    if home is None and facts.destination not in _ends(spoken, None):
        home = facts.destination
    said = [claim.id for claim in found]
    if any(_wrong_door(sentence) for sentence in spoken):
        said.append("other_carrier")
    if round_trip is not None:
        said.append("loop")
    if scanned_before(spoken, today):
        said.append("before_order")
    if sum(_deniers(sentence) for sentence in spoken) >= 2:
        said.append("unknown_to_two")
    return Heard(
        facts=replace(facts, last_event=None, destination=home),
        said=tuple(dict.fromkeys(said)),
        ends=_ends(spoken, home),
        stage=stage,
        seller=_sellers_words(spoken),
        seen=tuple(
            (hit.concept.rpartition(":")[2], sentence.text, _age(sentence, today))
            for sentence in spoken
            if sentence.holds("shows") and not sentence.holds("~ship|~not_found|~order_act") and not _sellers(sentence)
            for hit in _towns(sentence)
            if not any(0 <= hit.start - each.end <= NEAR for each in sentence.hits if each.concept == "i_live")
        ),
    )


def _dated(sentence: Sentence, today: dt.date) -> Sentence:
    """The sentence with its durations and dates as hits of their own."""
    spans = [
        Hit(sentence.start + span.start, sentence.start + span.end, "ahead" if span.past is False else "behind")
        for span in durations(sentence, today)
    ]
    return replace(sentence, hits=(*sentence.hits, *spans)) if spans else sentence


def meaning_of(status: str) -> Milestone | None:
    """What a status means by the words of buyers, where the carriers' own phrases do not know it."""
    carriers = normalise(status).milestone
    if carriers not in UNSURE:
        return None
    spoken = sentences(status)
    if any(each.holds("demand") and each.holds("papers|duty") for each in spoken):
        return Milestone.CUSTOMS_HELD  # a carrier asks for papers and duty on behalf of the customs alone
    found = [claim for claim in claims(spoken) if claim.milestone is not None]
    if carriers is Milestone.ACCEPTED:
        return None
    if carriers is Milestone.CUSTOMS_PROCESSING:
        # Who asks for papers or money is waiting for the buyer, whatever else the status speaks of.
        found = [claim for claim in found if claim.id == "customs_wants"]
    if carriers is Milestone.IN_TRANSIT:
        # "Lost in transit" and "left the country" are more than "in transit".
        found = [claim for claim in found if claim.milestone is not Milestone.IN_TRANSIT]
    return found[0].milestone if found else None


def home_of(spoken: Sequence[Sentence]) -> str | None:
    """The country in which the buyer says that he is."""
    for sentence in spoken:
        for country, hit in countries(sentence):
            if any(0 <= hit.start - each.end <= NEAR for each in sentence.hits if each.concept == "i_live"):
                return country
    return None


def _ends(spoken: Sequence[Sentence], home: str | None) -> frozenset[str]:
    """Countries to which the parcel is said to have come, other than the buyer's."""
    found = set()
    for sentence in spoken:
        moved = sentence.holds("delivered|transit|wait_there|handed|went") and sentence.holds("shows|parcel|number")
        ended = sentence.holds("delivered|went") and not sentence.holds("seller|ship")
        for country, hit in countries(sentence):
            here = any(0 <= hit.start - each.end <= NEAR for each in sentence.hits if each.concept == "i_live")
            # A parcel passes through towns on its way: only where it ended says a town whose it is.
            if (ended or (moved and not hit.concept.startswith(TOWN))) and not here and country != home:
                found.add(country)
    return frozenset(found)


def ends_of(status: str) -> frozenset[str]:
    """Countries in which a status says that the parcel was handed out."""
    return _ends(sentences(status), None) if normalise(status).milestone is Milestone.DELIVERED else frozenset()


def _one_town(sentence: Sentence) -> bool:
    """Whether the place of delivery is the buyer's own: the only one that is named, twice, and no other place."""
    named = [folded(sentence.text[hit.start - sentence.start :][:SAME_NAME]) for _, hit in countries(sentence)]
    return len(named) > 1 and len(set(named)) == 1 and not sentence.holds("other_place")


def _in_hand(sentence: Sentence) -> bool:
    """Whether it is the goods that came, and to the buyer: not a letter or a number, and not as far as a town."""
    homes = [each.end for each in sentence.hits if each.concept == "i_live"]
    abroad = any(not any(0 <= hit.start - end <= NEAR for end in homes) for _, hit in countries(sentence))
    objects = [hit for hit in sentence.hits if hit.concept in OBJECTS]
    for came in (hit for hit in sentence.hits if hit.concept in ("came", "receive")):
        after = folded(sentence.text)[came.end - sentence.start :].lstrip()
        fine = any(hit.concept == "glad" and 0 <= hit.start - came.end <= WELL for hit in sentence.hits)
        if not fine and came.concept == "came" and words_of("at_place").match(after):
            return False  # "arrived in Leipzig", "came to the depot", but "arrived in perfect condition"
        near = min(objects, key=lambda hit: _apart(came, hit, sentence), default=None)
        if near is not None and near.concept != "parcel" and _apart(came, near, sentence) <= OBJECT:
            return False
    return not abroad


def _to_and_fro(sentence: Sentence) -> bool:
    """Whether a parcel is told to have come through one town again and again: "Paris - Lyon - Paris - Lyon"."""
    if sentence.holds("i_live|delivered|order_act|ship"):
        return False
    spots = sorted({hit.start: hit for _, hit in countries(sentence)}.values(), key=lambda hit: hit.start)
    names = [folded(sentence.text[hit.start - sentence.start : hit.end - sentence.start])[:SAME_NAME] for hit in spots]
    gaps = [later.start - earlier.end for earlier, later in pairwise(spots)]
    return len(names) >= ROUND and any(names.count(name) > 1 for name in names) and max(gaps) <= STEP


def _only_asked(sentence: Sentence) -> bool:
    """Whether it is the buyer's question and nobody's word: "Is my parcel lost?"."""
    return sentence.text.rstrip().endswith(("?", "？")) and not sentence.holds("shows|carrier|say|letter")


def _taken_back(sentence: Sentence) -> bool:
    """Whether a "but" follows the goods, and what it brings is neither contentment nor a matter of the tracking."""
    ends = [hit.end for hit in sentence.hits if hit.concept in ("have_goods", "came", "receive")]
    if not ends or sentence.holds("glad"):
        return False
    flat = folded(sentence.text)
    match = words_of("but").search(flat, min(ends) - sentence.start)
    return match is not None and not any(
        hit.concept in HARMLESS and hit.start - sentence.start >= match.end() for hit in sentence.hits
    )


def _by_the_record(sentence: Sentence) -> bool:
    """Whether it is the tracking that says so, in one clause with it: "by the track I received it"."""
    flat = folded(sentence.text)
    goods = [hit for hit in sentence.hits if hit.concept == "have_goods"]
    tellers = [hit for hit in sentence.hits if hit.concept in TELLERS]
    return any(
        hit.end <= held.start and not breaks(flat[hit.end - sentence.start : held.start - sentence.start])
        for held in goods
        for hit in tellers
    )


def _home_named(sentence: Sentence) -> bool:
    """Whether "I live in" is followed by a place's name, and not by "a bungalow"; another place may be named anyway."""
    homes = [hit.end - sentence.start for hit in sentence.hits if hit.concept == "i_live"]
    if sentence.holds("other_place") or sentence.text == sentence.text.lower():
        return True
    following = [sentence.text[end:].split()[:ARTICLES] for end in homes]
    return any(word[:1] != word[:1].lower() or word[:1] > IDEOGRAPHS for words in following for word in words)


def _towns(sentence: Sentence) -> list[Hit]:
    return [hit for hit in sentence.hits if hit.concept.startswith(TOWN)]


def scanned_before(spoken: Sequence[Sentence], today: dt.date) -> bool:
    """Whether a scan is told for a month before that of the purchase ("ordered in October, delivered in July")."""
    bought = [age for sentence in spoken for age in _months(sentence, frozenset({"order_act"}), today)]
    # People misremember by some days: a first scan must lie a month farther back than a delivery.
    scanned = [
        age - slack
        for sentence in spoken
        for kinds, slack in ((DELIVERED, 0), (SCANS - DELIVERED, 1))
        for age in _months(sentence, kinds, today)
    ]
    return bool(bought and scanned) and min(scanned) > max(bought)


def _months(sentence: Sentence, wanted: frozenset[str], today: dt.date) -> list[int]:
    """How many months ago it was: the months named nearest to the concepts that are wanted."""
    found = []
    for month in (hit for hit in sentence.hits if hit.concept == "month" and _dates(hit, sentence)):
        told = [hit for hit in sentence.hits if hit.concept in SCANS | {"order_act"} and not hit.denied]
        nearest = min(told, key=lambda hit: _apart(hit, month, sentence), default=None)
        number = lookup("month", folded(sentence.text[month.start - sentence.start : month.end - sentence.start]))
        if number is not None and nearest is not None and nearest.concept in wanted:
            found.append((today.month - int(number)) % YEAR)
    return found


def _apart(one: Hit, other: Hit, sentence: Sentence) -> int:
    """Signs between two hits; the border of a clause counts as many."""
    first, last = sorted((one, other), key=lambda hit: hit.start)
    between = folded(sentence.text)[first.end - sentence.start : last.start - sentence.start]
    return len(between) + BREAK * breaks(between)


def _dates(month: Hit, sentence: Sentence) -> bool:
    """Whether the name of a month is meant as one: a figure or a word of time stands beside it."""
    flat = folded(sentence.text)
    before, after = flat[: month.start - sentence.start].rstrip(" ."), flat[month.end - sentence.start :].lstrip()
    figure = before[-1:].isdigit() or after[:1].isdigit() or flat[month.start - sentence.start].isdigit()
    return figure or any(found.end() == len(before) for found in words_of("within").finditer(before))


def _deniers(sentence: Sentence) -> int:
    """How many carriers or trackers a sentence names that do not know the number."""
    if not sentence.holds("not_found|-shows"):
        return 0
    denial = next(hit for hit in sentence.hits if hit.concept == "not_found" or hit.denied)
    sides: dict[bool, set[str]] = {True: set(), False: set()}
    for hit in sentence.hits:
        if hit.concept in ("carrier", "aggregator") and not _attribute(hit, sentence):
            sides[hit.start < denial.start].add(_name(sentence, hit))
    # "Neither A nor B": all on one side; a name on the other side is the one that does know.
    return max(len(names) for names in sides.values())


def _attribute(carrier: Hit, sentence: Sentence) -> bool:
    """Whether a carrier's name only says whose number it is, as in "my YunExpress number"."""
    return any(hit.concept in ("number", "parcel") and 0 < hit.start - carrier.end <= TOUCH for hit in sentence.hits)


def _wrong_door(sentence: Sentence) -> bool:
    """Whether one carrier's number was given to another carrier that does not know it."""
    if not sentence.holds("not_found|bad_form"):
        return False
    names = [hit for hit in sentence.hits if hit.concept == "carrier"]
    owners = {_name(sentence, hit) for hit in names if _attribute(hit, sentence)}
    asked = {_name(sentence, hit) for hit in names if not _attribute(hit, sentence)}
    return bool(owners) and bool(asked - owners)


def _name(sentence: Sentence, hit: Hit) -> str:
    """A carrier's name, with the proper noun after it: the post of China and the post of Russia are two."""
    words = sentence.text[hit.start - sentence.start :].split()[:2]
    proper = len(words) == 2 and words[1][:1].isupper()
    return folded(" ".join(words if proper else words[:1])).strip(".,;:!?)»")


def _with(facts: Facts, more: dict[str, object]) -> Facts:
    """The facts, with those that only the second hearing found."""
    new = {name: value for name, value in more.items() if getattr(facts, name) is None}
    return replace(facts, **new) if new else facts


def _stage(spoken: Sequence[Sentence], found: Sequence[Claim], facts: Facts, today: dt.date) -> Stage | None:
    """Where the parcel was last: a quoted status that is understood, else what the words claim."""
    placed = next((claim for claim in found if claim.milestone is not None), None)
    if placed is not None and placed.id in OUTCOMES:
        return _claimed(placed, today)
    # What a seller says is his message, no status.
    told = [sentence for sentence in spoken if not _sellers(sentence)]
    telling = any(not _open(claim) and claim.milestone is None for claim in found)
    quotes = [
        (words, sentence, ours)
        for sentence in told
        if not sentence.holds("cheap") or sentence.holds("shows")  # a "bargain" is no status
        for words, ours in _quotes(sentence)
    ]
    known = [(words, sentence, ours, normalise(words).milestone) for words, sentence, ours in quotes]
    understood = [each for each in known if each[3] not in (None, Milestone.INFO)]
    best = next((each for each in understood if each[2]), next(iter(understood), None))
    plain = best is not None and best[3] is Milestone.IN_TRANSIT  # says hardly more than "it moves"
    if best is not None and not (plain and (telling or (placed is not None and placed.id not in VAGUE))):
        return best[0], best[3], _age(best[1], today)
    if placed is not None and placed.id not in VAGUE:
        return _claimed(placed, today)
    read = None if telling else next((each for sentence in told if (each := _unquoted(sentence, today))), None)
    if read is not None:
        return read
    if placed is not None:
        return _claimed(placed, today)
    if all(claim.id.startswith("word_") for claim in found):
        whole = next((each for sentence in told if (each := _plain(sentence, today))), None)
        if whole is not None:
            return whole
    if facts.last_event and not any(_speaks(spoken, facts.last_event, each) for each in (*NO_STATUS, "promise")):
        return facts.last_event, None, None
    return None


def _open(claim: Claim) -> bool:
    """Whether a claim leaves it open what is the matter."""
    return claim.id in THIN or claim.id in VAGUE or claim.id.startswith("word_")


def _unquoted(sentence: Sentence, today: dt.date) -> Stage | None:
    """A status without quotes: what stands after "the status is", where the carriers' phrases know it."""
    if any(sentence.holds(f"~{each}") for each in (*NO_STATUS, "i_return", "dispute")):
        return None
    for hit in sentence.hits:
        if hit.concept == "shows":
            if any(each.concept == "stuck" and 0 <= each.start - hit.end <= TOUCH for each in sentence.hits):
                continue  # "tracking has not moved": no status stands there
            if any(each.concept == "promise" and each.start >= hit.end for each in sentence.hits):
                continue  # "says refund if no delivery before …": what is promised is no status
            words = sentence.text[hit.end - sentence.start :].strip(" :—–-,")
            meaning = normalise(words)
            if meaning.milestone not in (None, Milestone.INFO) and not meaning.forecast:
                return words, meaning.milestone, _age(sentence, today)
    return None


def _plain(sentence: Sentence, today: dt.date) -> Stage | None:
    """A sentence that reads like a status itself, in any language whose phrases the carriers use."""
    if any(sentence.holds(f"~{each}") for each in (*NO_STATUS, *NO_SCAN)):
        return None
    meaning = normalise(sentence.text)
    if meaning.milestone in (None, Milestone.INFO) or meaning.forecast:
        return None
    return sentence.text, meaning.milestone, _age(sentence, today)


def _claimed(claim: Claim, today: dt.date) -> Stage:
    return claim.sentence.text, claim.milestone, _age(claim.sentence, today)


def _age(sentence: Sentence, today: dt.date) -> float | None:
    """Days since what a sentence tells: by its role, else the shortest duration; "today" is the last choice.

    A duration that tells of something else ("bought three weeks ago") is not its age.
    """
    played = roles([sentence], today)
    role = played.pop("last_event_days_ago", None)
    if role:
        return float(role)
    others = set(played.values())
    past = [span.days for span in durations(sentence, today) if span.past is not False and span.days not in others]
    return min((days for days in past if days), default=0.0 if past else None)


def _quotes(sentence: Sentence) -> list[tuple[str, bool]]:
    """Quoted words with whether a carrier (and no aggregator) is named before them; what says "not found" is none."""
    quotes = []
    for match in QUOTED.finditer(sentence.text):
        # Hits stand in the whole text: the sentence's own start is taken off.
        start, end = match.start("words"), match.end("words")
        at = [(hit.start - sentence.start, hit.concept) for hit in sentence.hits]
        if any(start <= place < end and concept in (*NO_STATUS, "seller", "promise") for place, concept in at):
            continue
        named = [concept for place, concept in at if place < start and concept in ("carrier", "own_site", "aggregator")]
        quotes.append((match["words"].strip(), bool(named) and named[-1] != "aggregator"))
    return quotes


def _speaks(spoken: Sequence[Sentence], words: str, concept: str) -> bool:
    return any(words in each.text and each.holds(f"~{concept}") for each in spoken)


def _sellers(sentence: Sentence) -> bool:
    """Whether the seller speaks in a sentence: of those named before a word of saying, he is the nearest."""
    speakers = [hit for hit in sentence.hits if hit.concept in SPEAKERS]
    for said in (hit for hit in sentence.hits if hit.concept in ("say", "admit") and not hit.denied):
        before = [hit for hit in speakers if hit.end <= said.start]
        after = [hit for hit in speakers if hit.start >= said.end]
        speaker = before[-1] if before else after[0] if after else None
        if speaker is not None and speaker.concept == "seller":
            return True
    return False


def _sellers_words(spoken: Sequence[Sentence]) -> tuple[str, ...]:
    """Sentences in which the seller is said to have said something."""
    return tuple(each.text for each in spoken if _sellers(each))
