"""News reach a real mail server and a real receiver, once, at the right time, and say what to do by when."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from msgspec.structs import replace

from dozor.i18n import LANGUAGES
from dozor.model import Milestone, Step, StepId, Text
from dozor.service.notify import channels, outbox
from dozor.service.notify import decide as deciding
from dozor.service.notify.compose import News, compose
from dozor.service.notify.decide import decide
from dozor.service.notify.models import Channel
from dozor.service.notify.postman import RefusedError
from dozor.service.notify.tables import news
from dozor.service.parcels import actions
from dozor.service.parcels.models import Answer, Fault, Outbox, Parcel, Person, Reminder
from tests.service.conftest import NOW
from tests.service.notify.conftest import DAY, Mailbox, Receiver, bought, mail, moves, tell

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def own_transactions(transactional_db: None) -> None:
    """The notifier has a connection of its own: what tests write has to be committed."""


pytestmark = [pytest.mark.usefixtures("own_transactions")]


def test_news_reach_the_mail_server_once_and_say_what_to_do_by_when(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    parcel = bought(anna)
    tell()
    assert not mailbox.letters  # its first answer was read where it was added
    moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    tell(NOW + HOUR)
    (letter,) = mailbox.letters
    assert letter["To"] == "anna@example.org" and letter["From"] == "Dozor <dozor@example.org>"
    assert letter["Subject"] == "Lamp: collect the parcel"
    happened, todo = letter.get_content().strip().splitlines()
    assert happened == "Waiting to be collected since 24 November."
    assert todo.startswith("What to do: collect the parcel.")
    tell(NOW + HOUR)
    tell(NOW + 2 * HOUR)
    assert len(mailbox.letters) == 1
    (row,) = Outbox.objects.all()
    assert row.sent_at == NOW + HOUR and row.attempts == 1 and row.problem == ""
    assert not Answer.objects.filter(told_at=None).exists()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_people_are_told_in_their_own_language(anna: Person, mailbox: Mailbox, lang: str) -> None:
    Person.objects.filter(pk=anna.pk).update(lang=lang, zone="Europe/Moscow")
    anna.refresh_from_db()
    mail(anna)
    parcel = bought(anna)
    moves(parcel, Milestone.CUSTOMS_HELD, NOW + HOUR)
    tell(NOW + HOUR)
    (letter,) = mailbox.letters
    words = {"en": "What to do: ", "ru": "Что делать: ", "uk": "Що робити: ", "zh": "要做的事："}[lang]
    assert words in letter.get_content() and "{" not in letter.get_content() + letter["Subject"]


def test_several_channels_are_told_and_a_receiver_takes_json(
    anna: Person, boris: Person, mailbox: Mailbox, receiver: Receiver
) -> None:
    mail(anna)
    channels.add(anna, receiver.url, NOW)
    mail(boris, "boris@example.org")
    parcel = bought(anna)
    moves(parcel, Milestone.DELIVERED, NOW + HOUR)
    tell(NOW + HOUR)
    assert [letter["To"] for letter in mailbox.letters] == ["anna@example.org"]
    (taken,) = receiver.taken
    assert taken["title"].startswith("Lamp: ") and "What to do: " in taken["message"]
    channel = Channel.objects.of(anna).get(kind="apprise")
    assert channel.worked_at == NOW + HOUR
    assert receiver.url.encode() not in bytes(channel.sealed) and "/news" not in channel.hint


def test_what_is_refused_comes_again_later_and_later_and_then_no_more(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    parcel = bought(anna)
    moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    at, waits = NOW + HOUR, news().retry_minutes
    mailbox.refuse = ["451 later"] * (len(waits) + 1)
    for minutes in waits:
        tell(at)
        row = Outbox.objects.get()
        assert row.next_at == at + dt.timedelta(minutes=minutes) and row.problem == "refused"
        tell(row.next_at - dt.timedelta(seconds=1))
        at = row.next_at
    tell(at)
    row = Outbox.objects.get()
    assert row.given_up_at == at and row.next_at is None and row.attempts == len(waits) + 1
    assert not mailbox.refuse and not mailbox.letters
    assert Channel.objects.get().problem == "refused"
    outbox.again(row, at + HOUR)
    tell(at + HOUR)
    assert len(mailbox.letters) == 1


def test_a_server_that_is_away_is_tried_again(anna: Person, mailbox: Mailbox, settings: Any) -> None:
    mail(anna)
    parcel = bought(anna)
    moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    there = settings.CONFIG
    settings.CONFIG = replace(there, smtp_url="smtp://127.0.0.1:1")
    tell(NOW + HOUR)
    row = Outbox.objects.get()
    assert (row.problem, row.attempts) == ("unreachable", 1) and row.next_at is not None
    settings.CONFIG = there
    tell(row.next_at)
    assert len(mailbox.letters) == 1


def test_the_same_news_keeps_its_message_id_over_tries(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    parcel = bought(anna)
    moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    claim = outbox.claim(NOW + 2 * HOUR)
    assert claim is None  # nobody has decided yet
    decide(NOW + HOUR)
    claim = outbox.claim(NOW + HOUR)
    assert claim is not None
    first = outbox.prepare(claim, NOW + HOUR)
    second = outbox.prepare(claim, NOW + HOUR)
    assert first is not None and second is not None and first.key == second.key
    assert outbox.claim(NOW + HOUR) is None  # leased: a second notifier has nothing to do


def test_quiet_hours_hold_news_back_until_the_morning(anna: Person, mailbox: Mailbox) -> None:
    Person.objects.filter(pk=anna.pk).update(zone="Europe/Moscow")
    anna.refresh_from_db()
    mail(anna)
    channels.set_habits(anna, quiet=(dt.time(22), dt.time(7)), digest=None, detail="matters")
    parcel = bought(anna)
    night = dt.datetime(2026, 11, 24, 20, tzinfo=dt.UTC)  # 23:00 in Moscow
    moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, night)
    tell(night)
    tell(night + 7 * HOUR)
    assert not mailbox.letters
    tell(night + 8 * HOUR)
    assert len(mailbox.letters) == 1


def test_a_retry_does_not_wake_anybody(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    channels.set_habits(anna, quiet=(dt.time(22), dt.time(7)), digest=None, detail="matters")
    parcel = bought(anna)
    evening = dt.datetime(2026, 11, 24, 21, 58, tzinfo=dt.UTC)
    moves(parcel, Milestone.DELIVERED, evening)
    mailbox.refuse = ["451 later", "451 later"]
    tell(evening)
    tell(evening + dt.timedelta(minutes=1))
    tell(evening + dt.timedelta(minutes=10))
    assert not mailbox.letters and not mailbox.refuse
    morning = dt.datetime(2026, 11, 25, 7, tzinfo=dt.UTC)
    assert Outbox.objects.get().next_at == morning
    tell(morning)
    assert len(mailbox.letters) == 1


def test_the_digest_is_one_message_of_several_parcels_and_the_last_word_of_each(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    channels.set_habits(anna, quiet=(None, None), digest=dt.time(18), detail="everything")
    lamp, case = bought(anna), bought(anna, "Case", "LV937658412CN")
    moves(lamp, Milestone.CUSTOMS_PROCESSING, NOW + HOUR)
    tell(NOW + HOUR)
    moves(lamp, Milestone.CUSTOMS_RELEASED, NOW + 2 * HOUR)
    moves(case, Milestone.IN_TRANSIT, NOW + 2 * HOUR)
    tell(NOW + 2 * HOUR)
    assert not mailbox.letters
    tell(NOW + 6 * HOUR)
    (letter,) = mailbox.letters
    assert letter["Subject"] == "News of 2 parcels"
    body = letter.get_content().replace("\r\n", "\n")
    assert body.count("What to do: ") == 2 and "Lamp\n" in body and "Case\n" in body
    assert Outbox.objects.filter(sent_at=NOW + 6 * HOUR).count() == Outbox.objects.count() == 3
    tell(NOW + 30 * HOUR)
    assert len(mailbox.letters) == 1


def test_nothing_is_told_of_a_muted_parcel_nor_of_one_that_has_ended(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    lamp, case = bought(anna), bought(anna, "Case", "LV937658412CN")
    channels.set_mute(lamp, True, NOW)
    moves(lamp, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    actions.mark_received(case, NOW + HOUR)
    tell(NOW + HOUR)
    assert not mailbox.letters and not Outbox.objects.exists()
    channels.set_mute(lamp, False, NOW + HOUR)
    moves(lamp, Milestone.DELIVERED, NOW + 2 * HOUR)
    tell(NOW + 2 * HOUR)
    assert len(mailbox.letters) == 1


def test_what_was_muted_while_it_waited_is_not_told(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    channels.set_habits(anna, quiet=(dt.time(11), dt.time(15)), digest=None, detail="matters")
    lamp = bought(anna)
    moves(lamp, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    tell(NOW + HOUR)
    channels.set_mute(lamp, True, NOW + HOUR)
    tell(NOW + 5 * HOUR)
    assert not mailbox.letters
    assert Outbox.objects.get().given_up_at == NOW + 5 * HOUR


def test_reminders_of_the_ladder_are_told_once_when_their_day_comes(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    parcel = bought(anna)
    ladder = list(parcel.reminders.filter(done_at=None).order_by("at"))
    assert len(ladder) >= 2
    at = ladder[0].at
    tell(at - HOUR)
    assert not mailbox.letters
    tell(at)
    tell(at + dt.timedelta(minutes=5))
    (letter,) = mailbox.letters
    assert letter["Subject"].startswith("Reminder. Lamp: ")
    assert Reminder.objects.get(pk=ladder[0].pk).done_at == at
    # Asleep over several rungs: one message, not as many.
    tell(ladder[-1].at)
    assert len(mailbox.letters) == 2
    assert not Reminder.objects.filter(done_at=None, at__lte=ladder[-1].at).exists()


def test_what_has_come_while_its_reminder_is_told_is_no_reason_to_break(
    anna: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody says that a parcel has come just as the notifier has its reminder in hand: one waits for the other."""
    mail(anna)
    parcel, broken = bought(anna), list[Exception]()
    at = parcel.reminders.earliest("at").at

    def receive() -> None:
        try:
            actions.mark_received(actions.parcel_of(anna, parcel.ref), at)
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    thread, decided = threading.Thread(target=receive), deciding._for_channels

    def meanwhile(*words: Any, **more: Any) -> Any:
        if not thread.ident:
            thread.start()
            thread.join(0.5)  # it has the parcel by now, or waits for us
        return decided(*words, **more)

    monkeypatch.setattr(deciding, "_for_channels", meanwhile)
    deciding.tell_reminders(at)
    thread.join(20)
    assert thread.ident and not broken
    assert actions.parcel_of(anna, parcel.ref).fate == "received"
    assert not parcel.reminders.filter(done_at=None).exists()


def test_a_reminder_speaks_of_the_step_whose_date_it_is(anna: Person) -> None:
    answer = actions.current_answer(bought(anna), NOW)
    claim = Step(StepId.OPEN_DISPUTE_BY_DEADLINE, Text("advice.why.x"), not_after=NOW + 3 * DAY)
    fetch = Step(StepId.PICK_UP, Text("advice.why.x"), not_after=NOW + 9 * DAY)
    advice = replace(answer.advice, steps=(Step(StepId.WAIT, Text("advice.why.x")), claim, fetch))
    item = News("Lamp", replace(answer, advice=advice), reminder=True, step="pick_up")
    told = compose([item], NOW, "en", ZoneInfo("UTC"))
    assert told.subject == "Reminder. Lamp: collect the parcel" and "By 3 December, 9 days left" in told.body
    # A step that the answer gives no more is no reason to be silent about the date that is next.
    assert "dispute" in compose([replace(item, step="accept_offer")], NOW, "en", ZoneInfo("UTC")).subject


def test_text_of_others_ends_no_header_and_no_line(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    evil = "Lamp\r\nBcc: eve@example.org\r\n\r\nPay here\u2028now \u202egnp.exe" + "x" * 300
    parcel = bought(anna, evil[:250])
    moves(parcel, Milestone.DELIVERED, NOW + HOUR, "Delivered\r\nX-Evil: yes\n\n<b>bold</b>")
    tell(NOW + HOUR)
    (letter,) = mailbox.letters
    assert letter["Bcc"] is None and letter["X-Evil"] is None
    assert letter["Subject"].strip().startswith("Lamp Bcc: eve@example.org Pay here now gnp.exe")
    assert len(letter["Subject"]) <= news().subject
    assert len(letter.get_content().strip().splitlines()) == 2


def test_what_its_owner_does_to_a_parcel_is_no_news_to_him(anna: Person, mailbox: Mailbox) -> None:
    mail(anna)
    parcel = bought(anna)
    said = parcel.answers.count()
    actions.correct_order(parcel, NOW + HOUR, protection_end=NOW + DAY)
    assert parcel.answers.count() > said  # another answer it is, and a pressing one
    tell(NOW + HOUR)
    assert not mailbox.letters
    moves(parcel, Milestone.DELIVERED, NOW + 2 * HOUR)
    tell(NOW + 2 * HOUR)
    assert len(mailbox.letters) == 1


def test_an_address_inside_is_refused_whatever_it_is_called(anna: Person, receiver: Receiver, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, private_urls=False)
    port = receiver.url.split(":")[2]
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"):
        try:
            channel = channels.add(anna, f"json://{host}:{port}", NOW)
        except RefusedError:
            continue  # not even an address for the library
        assert channels.attempt(channel, NOW) in ("inside", "refused"), host
    assert receiver.tries == 0
    assert Channel.objects.of(anna).filter(problem="inside").count() >= 3


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "empty"),
        ("not an address", "no_service"),
        ("nonsense://x", "no_service"),
        ("syslog://", "local"),
        ("DBUS://", "local"),
        ("a@b.example\nBcc: x@y.example", "empty"),
    ],
)
def test_what_is_no_channel_is_refused_with_a_reason(anna: Person, mailbox: Mailbox, address: str, why: str) -> None:
    with pytest.raises(RefusedError) as found:
        channels.add(anna, address, NOW)
    assert found.value.why == why and not Channel.objects.exists()


def test_where_strangers_sign_up_only_a_confirmed_address_is_written_to(
    anna: Person, mailbox: Mailbox, settings: Any
) -> None:
    from allauth.account.models import EmailAddress

    settings.CONFIG = replace(settings.CONFIG, signup=True)
    with pytest.raises(RefusedError, match="not_verified"):
        mail(anna)
    EmailAddress.objects.create(user=anna.user, email="anna@example.org", verified=True)
    assert mail(anna).kind == "mail"


def test_a_channel_taken_away_takes_what_waited_with_it(anna: Person, boris: Person, mailbox: Mailbox) -> None:
    channel = mail(anna)
    moves(bought(anna), Milestone.DELIVERED, NOW + HOUR)
    decide(NOW + HOUR)
    channels.remove(boris, channel.ref)
    assert Outbox.objects.count() == 1
    channels.remove(anna, channel.ref)
    tell(NOW + HOUR)
    assert not mailbox.letters and not Outbox.objects.exists()


def test_a_message_that_cannot_be_written_keeps_no_other_parcel_from_being_told(
    anna: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail(anna)
    lamp, case = bought(anna), bought(anna, "Case", "LV937658412CN")
    for parcel in (lamp, case):
        moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, NOW + HOUR)
    sound = outbox.name_of

    def broken(parcel: Parcel, lang: str) -> str:
        if parcel.pk == lamp.pk:
            raise ValueError("nobody's business")
        return sound(parcel, lang)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "name_of", broken)
        tell(NOW + HOUR)
        (letter,) = mailbox.letters
        assert letter["Subject"] == "Case: collect the parcel"
        row = Outbox.objects.get(parcel=lamp)
        assert (row.problem, row.attempts, row.lease_owner) == ("not_composed", 1, "")
        assert row.next_at == NOW + HOUR + dt.timedelta(minutes=news().retry_minutes[0])
        assert Fault.objects.get(parcel=lamp).work == "compose"
    tell(row.next_at)
    assert [letter["Subject"] for letter in mailbox.letters][1:] == ["Lamp: collect the parcel"]
    assert not Fault.objects.exists()
