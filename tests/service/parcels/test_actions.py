"""What people do with their parcels, and what nobody can do with another's."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from django.db import connection, connections, transaction

from dozor.model import Alias, Dossier, Event, Message, Milestone, Moment, Money, Order, Outcome, OutcomeKind, Report
from dozor.service.parcels import actions, mapping, people
from dozor.service.parcels.models import Credential, Fate, Parcel, Person, Poll, Snapshot
from dozor.service.watch.claim import claim_reviews
from tests.service.conftest import NOW, somebody

DAY = dt.timedelta(days=1)
NUMBER = "RB740193524CN"
BOUGHT = Dossier(
    numbers=(NUMBER,),
    order=Order(
        marketplace="aliexpress",
        number="8190000000001234",
        paid=dt.date(2026, 11, 1),
        shipped=dt.date(2026, 11, 3),
        price=Money(1200, "USD"),
        destination="RU",
    ),
)


def scan(text: str, day: int, milestone: Milestone, **more: object) -> Event:
    when = Moment(dt.datetime(2026, 11, day, 8), 480)
    return Event(text, when, system="upu", milestone=milestone, decided_by="code", **more)  # type: ignore[arg-type]


def told(*events: Event, **more: object) -> Report:
    return Report("upu", NUMBER, Outcome(OutcomeKind.FOUND), NOW, events, **more)  # type: ignore[arg-type]


@pytest.fixture
def parcel(anna: Person) -> Parcel:
    return actions.add_dossier(anna, BOUGHT, NOW, title="Lamp")


@pytest.mark.django_db
def test_a_parcel_put_in_is_answered_summed_up_and_watched(anna: Person, parcel: Parcel) -> None:
    found = actions.parcel_of(anna, parcel.ref)
    answer = actions.current_answer(found, NOW)
    assert found.step == answer.advice.steps[0].id.value and found.attention > 0
    assert found.decide_by == min(step.not_after for step in answer.advice.steps if step.not_after)
    assert found.review_at is not None and NOW < found.review_at <= NOW + DAY
    assert found.polls.filter(next_at=NOW).count() >= 1
    assert found.answers.get().change == ["first"] and found.answers.get().told_at == NOW
    dated = {(at, step.id.value) for step in answer.advice.steps for at in step.reminders}
    assert dated and set(found.reminders.values_list("at", "step")) == dated
    assert found.step not in {step for _, step in dated}  # first comes something to do at once, without a last day


@pytest.mark.django_db
def test_put_in_twice_it_is_one_parcel_brought_up_to_date(anna: Person, parcel: Parcel) -> None:
    again = actions.add_dossier(anna, Dossier(numbers=(NUMBER,), text="the seller says wait"), NOW + DAY)
    assert again.pk == parcel.pk and Parcel.objects.count() == 1
    order = actions.mapping.read_dossier(again).order
    assert order.number == "8190000000001234" and order.price == Money(1200, "USD")
    assert again.polls.count() == parcel.polls.count()


@pytest.mark.django_db
def test_news_changes_the_answer_once(parcel: Parcel) -> None:
    news = told(scan("Accepted", 5, Milestone.ACCEPTED))
    first = actions.record_reports(parcel, [news], NOW)
    assert first.new_events == 1 and "event" in first.changed
    again = actions.record_reports(parcel, [news], NOW)
    assert again.new_events == 0 and again.changed == ()
    assert [row.change[:1] for row in parcel.answers.order_by("id")] == [
        ["first"],
        first.changed[:1] and list(first.changed[:1]),
    ]
    parcel.refresh_from_db()
    last = first.answer.journey.last_movement
    assert parcel.stage == "accepted" and last and last.when and parcel.last_movement == last.when.utc()


@pytest.mark.django_db
def test_a_number_that_a_carrier_names_is_asked_about_too(parcel: Parcel) -> None:
    other = "RA000000014RU"
    actions.record_reports(
        parcel, [told(scan("Left", 8, Milestone.LEFT_ORIGIN_COUNTRY), aliases=(Alias(other, said_by="upu"),))], NOW
    )
    row = parcel.numbers.get(number=other)
    assert (row.given, row.follows, row.said_by) == (False, NUMBER, "upu")
    assert parcel.polls.filter(number=other, next_at=NOW).exists()
    # Correcting other facts does not lose it.
    actions.correct_order(parcel, NOW, price=Money(900, "USD"))
    assert parcel.polls.filter(number=other, next_at=NOW).exists()


@pytest.mark.django_db
def test_received_ends_the_watch_and_reopening_begins_it_again(parcel: Parcel) -> None:
    actions.mark_received(parcel, NOW)
    parcel.refresh_from_db()
    assert (parcel.fate, parcel.attention, parcel.review_at) == (Fate.RECEIVED, 0, None)
    assert not parcel.polls.exclude(next_at=None).exists()
    assert not parcel.reminders.filter(done_at=None).exists()
    assert actions.mapping.read_dossier(parcel).order.received is True
    actions.reopen(parcel, NOW + DAY)
    parcel.refresh_from_db()
    assert parcel.fate == Fate.OPEN and parcel.review_at is not None
    assert parcel.polls.filter(next_at=NOW + DAY).exists()
    assert parcel.reminders.filter(done_at=None, at__gt=NOW + DAY).exists()
    assert actions.mapping.read_dossier(parcel).order.received is None


@pytest.mark.django_db
def test_a_corrected_number_is_asked_about_and_the_wrong_one_no_longer(parcel: Parcel) -> None:
    actions.correct(parcel, NOW, numbers=("RB123456785CN",))
    assert not parcel.polls.filter(number=NUMBER).exclude(next_at=None).exists()
    assert parcel.polls.filter(number="RB123456785CN", next_at=NOW).exists()
    actions.correct(parcel, NOW, numbers=(NUMBER,))
    assert parcel.polls.filter(number=NUMBER, next_at=NOW).exists()


@pytest.mark.django_db
def test_facts_are_corrected_and_taken_back(parcel: Parcel) -> None:
    ends = dt.datetime(2026, 12, 20, tzinfo=dt.UTC)
    answer = actions.correct_order(parcel, NOW, protection_end=ends)
    assert answer.clock.at("protection_end") == ends
    actions.correct_order(parcel, NOW, protection_end=None)
    assert actions.mapping.read_dossier(parcel).order.protection_end is None


@pytest.mark.django_db
def test_what_the_seller_says_is_kept_in_order(parcel: Parcel) -> None:
    actions.add_message(parcel, Message("please wait"), NOW)
    actions.add_message(parcel, Message("it was sent", at=NOW + DAY), NOW + DAY)
    assert [each.text for each in actions.mapping.read_dossier(parcel).messages] == ["please wait", "it was sent"]


@pytest.mark.django_db
def test_whom_to_ask_may_be_chosen(parcel: Parcel) -> None:
    assert not parcel.polls.filter(carrier="cdek").exists()
    actions.pin_carrier(parcel, NUMBER, "russian-post-site", NOW)
    assert parcel.polls.filter(carrier="russian-post-site", number=NUMBER).exists()


@pytest.mark.django_db
def test_what_is_another_persons_is_not_there(parcel: Parcel, boris: Person) -> None:
    with pytest.raises(Parcel.DoesNotExist):
        actions.parcel_of(boris, parcel.ref)
    assert not Parcel.objects.of(boris).exists()
    mine = actions.add_dossier(boris, BOUGHT, NOW)
    assert mine.pk != parcel.pk


@pytest.mark.django_db
def test_a_key_is_stored_sealed_and_read_by_its_owner_alone(anna: Person, boris: Person) -> None:
    actions.set_key(anna, "dhl", {"key": "hunter2"}, NOW)
    assert b"hunter2" not in bytes(Credential.objects.get().sealed)
    assert actions.keys_of(anna) == {"dhl": {"key": "hunter2"}} and actions.keys_of(boris) == {}
    actions.set_key(anna, "dhl", {}, NOW)
    assert actions.keys_of(anna) == {}


@pytest.mark.django_db
def test_a_system_with_a_key_is_asked_once_the_key_is_there(anna: Person, boris: Person, parcel: Parcel) -> None:
    theirs = actions.add_dossier(boris, BOUGHT, NOW)
    assert not parcel.polls.filter(carrier="seventeentrack").exists()
    actions.set_key(anna, "seventeentrack", {"key": "x"}, NOW + DAY)
    poll = parcel.polls.get(carrier="seventeentrack")
    assert (poll.number, poll.next_at) == (NUMBER, NOW + DAY)
    assert not theirs.polls.filter(carrier="seventeentrack").exists()
    actions.set_key(anna, "seventeentrack", {}, NOW + DAY)
    poll.refresh_from_db()
    assert (poll.next_at, poll.why) == (None, "no_key")
    actions.set_key(anna, "seventeentrack", {"key": "y"}, NOW + 2 * DAY)
    poll.refresh_from_db()
    assert poll.next_at == NOW + 2 * DAY


@pytest.mark.django_db
def test_everything_of_mine_goes_and_nothing_of_others(anna: Person, boris: Person, parcel: Parcel) -> None:
    from django.apps import apps

    from dozor.model import Snapshot as Bytes

    shot = Bytes("ab" * 32, "https://x.example", NOW, 2, "", b"{}")
    actions.record_reports(parcel, [told(scan("Accepted", 5, Milestone.ACCEPTED), snapshot=shot)], NOW)
    actions.set_key(anna, "dhl", {"key": "x"}, NOW)
    theirs = actions.add_dossier(boris, BOUGHT, NOW)
    assert Snapshot.objects.count() == 1
    actions.delete_everything(anna, account=True)
    left = {model.__name__: model.objects.count() for model in apps.get_app_config("parcels").get_models()}
    assert left["Person"] == left["Parcel"] == left["Order"] == 1
    assert left["Snapshot"] == left["Credential"] == left["Report"] == left["Event"] == 0
    assert left["Poll"] == Poll.objects.filter(parcel=theirs).count() > 0


@pytest.mark.django_db
def test_whoever_stays_without_a_parcel_is_still_spoken_to_in_their_language(anna: Person, parcel: Parcel) -> None:
    people.set_profile(anna, lang="ru", zone="Asia/Almaty", country="KZ", theme="dark")
    before = anna.pk
    actions.delete_everything(anna)
    left = Person.objects.get(user__username=anna.user.get_username())
    assert (left.lang, left.zone, left.country, left.more) == ("ru", "Asia/Almaty", "", {}) and left.pk != before
    assert not Parcel.objects.exists()


@pytest.mark.django_db
def test_the_answer_is_thought_over_without_news(parcel: Parcel) -> None:
    later = NOW + 40 * DAY
    before = parcel.answers.count()
    answer, changed = actions.refresh(parcel, later)
    assert changed and parcel.answers.count() == before + 1
    assert answer.now == later
    assert actions.refresh(parcel, later)[1] == [] and parcel.answers.count() == before + 1


def test_a_number_within_the_text_is_the_parcels_number(anna: Person) -> None:
    pasted = Dossier(text="RB740193524CN, shipped 24 days ago, order 8199633578334590")
    parcel = actions.add_dossier(anna, pasted, NOW)
    assert [row.number for row in parcel.numbers.all()] == ["RB740193524CN"]
    assert actions.add_dossier(anna, pasted, NOW).pk == parcel.pk


@pytest.mark.django_db(transaction=True)
def test_corrections_at_the_same_time_are_all_kept() -> None:
    """Threads with connections of their own correct one parcel: whoever comes second corrects what the first left."""
    person = somebody("olga")
    parcel = actions.add_dossier(person, Dossier(numbers=(NUMBER,)), NOW)
    other = actions.add_dossier(person, Dossier(numbers=("RB125847363CN",)), NOW)
    Parcel.objects.filter(pk=other.pk).update(order=parcel.order)
    many = 6
    starts, broken = threading.Barrier(4 * many), list[Exception]()

    def at_once(change: Callable[[Parcel], object], pk: int) -> None:
        try:
            mine = Parcel.objects.select_related("order", "owner").get(pk=pk)
            starts.wait(20)  # all have read it as it was before
            change(mine)
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    report = Report(
        "cainiao", NUMBER, Outcome(OutcomeKind.FOUND), NOW, events=(Event("x", when=Moment(NOW.replace(tzinfo=None))),)
    )
    changes: list[tuple[Callable[[Parcel], object], int]] = [
        (lambda mine: actions.record_reports(mine, [report], NOW), parcel.pk),
        *((partial(_says, n), parcel.pk) for n in range(1, many)),
        *((partial(_scans, n), parcel.pk) for n in range(many)),
        *((partial(_adds, fact), parcel.pk) for fact in FACTS),
        *((partial(_adds, fact), other.pk) for fact in MORE_FACTS),
    ]
    assert len(changes) == 4 * many
    threads = [threading.Thread(target=at_once, args=change) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not broken
    kept = mapping.read_dossier(actions.parcel_of(person, parcel.ref))
    assert {message.text for message in kept.messages} == {f"message {n}" for n in range(1, many)}
    assert {event.text for event in kept.events} == {f"scan {n}" for n in range(many)} and len(kept.reports) == 1
    for name, value in FACTS + MORE_FACTS:
        assert getattr(kept.order, name) == value, name


@pytest.mark.django_db(transaction=True)
def test_the_same_put_in_at_the_same_time_is_one_parcel_and_takes_nothing_away() -> None:
    """Somebody pastes a number twice, at two machines' pages, while the seller's replies to another parcel come in."""
    person, many, broken = somebody("olga"), 4, list[Exception]()
    parcel = actions.add_dossier(person, Dossier(numbers=(NUMBER,)), NOW)
    starts = threading.Barrier(3 * many)

    def at_once(put: Callable[[], object]) -> None:
        try:
            starts.wait(20)
            put()
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    again, new = Dossier(numbers=(NUMBER,)), Dossier(numbers=("RB125847363CN",))
    puts: list[Callable[[], object]] = [partial(actions.add_dossier, person, each, NOW) for each in (again, new)] * many
    puts += [partial(_says, n, actions.parcel_of(person, parcel.ref)) for n in range(many)]
    threads = [threading.Thread(target=at_once, args=(put,)) for put in puts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not broken and Parcel.objects.of(person).count() == 2
    kept = mapping.read_dossier(parcel)
    assert {message.text for message in kept.messages} == {f"message {n}" for n in range(many)}


FACTS: tuple[tuple[str, Any], ...] = (
    *(("seller", "Shop"), ("number", "81"), ("city", "Almaty"), ("service", "post")),
    *(("marketplace", "aliexpress"), ("extensions", 1)),
)
MORE_FACTS: tuple[tuple[str, Any], ...] = (
    *(("price", Money(840, "USD")), ("destination", "KZ"), ("origin", "CN")),
    *(("paid", NOW.date()), ("shipped", NOW.date()), ("payment", "card")),
)


def _three_of_one_order(person: Person) -> list[Parcel]:
    """Parcels of one order, all thought over."""
    numbers = (NUMBER, "RB125847363CN", "LP00123456789012")
    found = [actions.add_dossier(person, Dossier(numbers=(number,)), NOW) for number in numbers]
    Parcel.objects.filter(pk__in=[each.pk for each in found]).update(order=found[0].order)
    return [actions.parcel_of(person, each.ref) for each in found]


def _woken(*parcels: Parcel) -> set[int]:
    return set(
        Parcel.objects.filter(pk__in=[each.pk for each in parcels], review_at__lte=NOW).values_list("pk", flat=True)
    )


@pytest.mark.django_db
def test_what_is_written_of_an_order_through_one_parcel_is_answered_soon_for_the_others(anna: Person) -> None:
    one, other, third = _three_of_one_order(anna)
    actions.mark_lost(third, NOW)
    stranger = actions.add_dossier(anna, Dossier(numbers=("RB000000005CN",)), NOW)
    actions.add_message(one, Message("hello"), NOW)
    assert _woken(one, other, third, stranger) == set()  # nothing was written of the order
    actions.correct_order(one, NOW, shipped=dt.date(2026, 11, 3))
    assert _woken(one, other, third, stranger) == {other.pk}
    assert [each.pk for each in claim_reviews(NOW)] == [other.pk]
    actions.review(other, NOW)
    actions.mark_received(one, NOW)
    assert _woken(one, other, third) == {other.pk}
    answer = actions.review(other, NOW)
    assert answer is not None and mapping.read_dossier(actions.parcel_of(anna, other.ref)).order.received is True
    again = Dossier(numbers=("RB125847363CN",), order=Order(seller="Shop"))
    actions.reopen(one, NOW)
    actions.review(other, NOW)
    actions.review(one, NOW)
    actions.add_dossier(anna, again, NOW)
    assert _woken(one, other, third) == {one.pk}


@pytest.mark.django_db
def test_an_order_corrected_as_a_whole_is_thought_over_in_all_its_parcels(anna: Person) -> None:
    one, other, third = _three_of_one_order(anna)
    actions.mark_lost(one, NOW)
    before = {each.pk: each.revision for each in Parcel.objects.all()}
    late = NOW - 200 * DAY
    actions.correct_purchase(one.order, NOW, protection_end=late, marketplace="aliexpress")
    after = {each.pk: each.revision for each in Parcel.objects.all()}
    assert {pk for pk in after if after[pk] != before[pk]} == {other.pk, third.pk}
    assert _woken(one, other, third) == set()
    for each in (other, third):
        latest = each.answers.first()
        assert latest is not None
        said = mapping.answer_struct(latest).clock
        assert said.policy and "aliexpress" in said.policy and {limit.at for limit in said.limits} & {late}


@pytest.mark.django_db(transaction=True)
def test_a_parcel_that_somebody_holds_meanwhile_is_woken_too() -> None:
    """Whoever holds it thinks of something else, as a watcher does that writes when to ask next."""
    one, other, third = _three_of_one_order(somebody("olga"))
    held, release, broken = threading.Event(), threading.Event(), list[BaseException]()

    def own(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    def hold() -> None:
        with transaction.atomic():
            Parcel.objects.select_for_update(of=("self",), no_key=True).get(pk=other.pk)
            actions.rename(other, "Lamp")
            held.set()
            assert release.wait(20)

    holder = threading.Thread(target=own, args=(hold,))
    holder.start()
    assert held.wait(20)
    corrector = threading.Thread(target=own, args=(lambda: actions.correct_order(one, NOW, seller="Shop"),))
    corrector.start()
    if connection.vendor == "postgresql":  # there the order does not wait for a parcel that is held
        for _ in range(200):
            if mapping.read_dossier(actions.parcel_of(one.owner, one.ref)).order.seller:
                break
            corrector.join(0.05)
        assert _woken(one, other, third) == {third.pk}
    release.set()
    for thread in (holder, corrector):
        thread.join(30)
    assert not broken
    assert _woken(one, other, third) == {other.pk, third.pk}
    assert Parcel.objects.get(pk=other.pk).title == "Lamp"


@pytest.mark.django_db(transaction=True)
def test_an_order_written_through_all_its_parcels_at_once_waits_in_no_ring() -> None:
    parcels = _three_of_one_order(somebody("olga"))
    starts, broken = threading.Barrier(9), list[Exception]()

    def write(n: int) -> None:
        mine = Parcel.objects.select_related("order", "owner").get(pk=parcels[n % 3].pk)
        try:
            starts.wait(20)
            for turn in range(3):
                if n < 6:
                    actions.correct_order(mine, NOW, city=f"{n} {turn}")
                else:
                    actions.correct_purchase(mine.order, NOW, seller=f"{n} {turn}")
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not broken
    while left := claim_reviews(NOW):
        for parcel in left:
            actions.review(parcel, NOW)
    orders = [mapping.read_dossier(actions.parcel_of(each.owner, each.ref)).order for each in parcels]
    assert orders[0] == orders[1] == orders[2] and orders[0].city and orders[0].seller


def _says(n: int, mine: Parcel) -> None:
    actions.add_message(mine, Message(f"message {n}"), NOW)


def _scans(n: int, mine: Parcel) -> None:
    actions.add_event(mine, Event(f"scan {n}"), NOW)


def _adds(fact: tuple[str, Any], mine: Parcel) -> None:
    actions.correct(mine, NOW, order=dict([fact]))


def test_what_somebody_says_a_carrier_said_is_told_to_nobody_else(anna: Person, boris: Person) -> None:
    """An answer is shared only where the bytes that were fetched stand behind it."""
    from dozor.model import Snapshot as Bytes

    forged = told(scan("Delivered to somebody else", 20, Milestone.DELIVERED))
    theirs = actions.add_dossier(boris, msgspec.structs.replace(BOUGHT, reports=(forged,)), NOW)
    assert theirs.events.filter(carrier="upu").count() == 1  # his own parcel believes him
    mine = actions.add_dossier(anna, BOUGHT, NOW)
    assert not mine.events.exists() and mine.polls.get(carrier="upu").next_at == NOW
    actions.delete_parcel(mine)

    # Asked for him, the system says something else: that is not mixed with what he said it said.
    shot = Bytes("ab" * 32, "https://x.example", NOW, 2, "", b"{}")
    fetched = told(scan("Accepted", 5, Milestone.ACCEPTED), snapshot=shot)
    actions.record_reports(theirs, [fetched], NOW)
    theirs.polls.filter(carrier="upu").update(answered_at=NOW, said=mapping.said(fetched))
    mine = actions.add_dossier(anna, BOUGHT, NOW)
    assert not mine.events.exists()
    actions.delete_parcel(mine)

    honest = actions.add_dossier(somebody("vera"), BOUGHT, NOW)
    actions.record_reports(honest, [fetched], NOW)
    honest.polls.filter(carrier="upu").update(answered_at=NOW, said=mapping.said(fetched))
    mine = actions.add_dossier(anna, BOUGHT, NOW)
    assert [row.text for row in mine.events.all()] == ["Accepted"]


@pytest.mark.django_db(transaction=True)
def test_put_in_by_several_at_the_same_time_it_is_one_parcel() -> None:
    """A button that is pressed twice, a program and its owner: each has a connection of its own."""
    person, many = somebody("olga"), 6
    starts, broken = threading.Barrier(many), list[Exception]()

    def put_in(n: int) -> None:
        try:
            starts.wait(20)
            actions.add_dossier(person, msgspec.structs.replace(BOUGHT, messages=(Message(f"message {n}"),)), NOW)
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=put_in, args=(n,)) for n in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not broken
    parcel = Parcel.objects.get()
    assert {row.text for row in parcel.messages.all()} == {f"message {n}" for n in range(many)}


def test_a_key_that_cannot_be_opened_any_more_stops_nothing(anna: Person) -> None:
    """A backup brought back without its key files: what was sealed is lost, the parcels are not."""
    actions.set_key(anna, "dhl", {"key": "hunter2"}, NOW)
    Credential.objects.update(sealed=b"sealed under another key file")
    parcel = actions.add_dossier(anna, BOUGHT, NOW)
    actions.correct_order(parcel, NOW, seller="Shop")
    assert actions.keys_of(anna) == {} and parcel.polls.exists()
    actions.set_key(anna, "dhl", {"key": "again"}, NOW)
    assert actions.keys_of(anna) == {"dhl": {"key": "again"}}


@pytest.mark.django_db
def test_the_person_is_locked_before_what_is_theirs(anna: Person) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    actions.add_dossier(anna, BOUGHT, NOW)
    with CaptureQueriesContext(connection) as seen:
        actions.delete_everything(anna)
    asked = [each["sql"] for each in seen if "parcels_" in each["sql"]]
    assert 'FROM "parcels_person"' in asked[0] and asked[0].startswith("SELECT")
    assert not Person.objects.filter(pk=anna.pk).exists()
