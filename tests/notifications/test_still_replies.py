"""What is texted back to “do you still want it?”: kept or off the list, and never in the way of an offer's yes."""

from datetime import datetime, timedelta

import pytest

from audit.models import Entry
from matching.models import Offer
from notifications import consent, inbox, outbox, replies
from notifications.models import InboundMessage, Message
from notifications.replies import understand
from notifications.replies.meaning import Meaning
from tests import factories
from tests.factories import NOW, World
from tests.notifications.conftest import tell
from waitlist import still_wanted
from waitlist.models import Appointment, Clinic, WaitlistEntry

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NUMBER = "+16285550142"


class Asked:
    """Somebody who has the question on their phone."""

    def __init__(self) -> None:
        self.world = World(asks_still_wanted=True, is_open_any_hour=True)
        self.entry = self.waits()
        self.ask()

    def waits(self) -> WaitlistEntry:
        who = factories.patient(self.world.clinic, phone=NUMBER)
        return self.world.entry(who, added_at=NOW - 40 * DAY)

    def ask(self) -> None:
        still_wanted.sweep(self.world.clinic, now=NOW)
        outbox.deliver_due(now=NOW)
        assert set(Message.objects.filter(kind="still").values_list("status", flat=True)) == {"delivered"}

    def rests(self) -> None:
        still_wanted.sweep(self.world.clinic, now=NOW + 15 * DAY)
        self.entry.refresh_from_db()
        assert self.entry.silent_since == NOW + 15 * DAY

    def says(self, text: str, now=NOW + HOUR) -> InboundMessage:
        n = InboundMessage.objects.count()
        return replies.receive(self.world.clinic, sender=NUMBER, text=text, provider_id=f"SM{n}", now=now)

    def sends(self, kind: str, at: datetime, *, clinic: Clinic | None = None, status: str = "delivered") -> None:
        """A text of another kind to the same number."""
        clinic = clinic or self.world.clinic
        point = consent.contact(clinic, "phone", NUMBER, now=NOW)
        about = {"clinic": clinic, "contact_point": point, "channel": "sms", "context": {"answer": "help"}}
        about |= {"status": status, "created_at": at, "sent_at": at, "next_attempt_at": at}
        Message.objects.create(kind=kind, dedupe_key=f"{kind}:other", **about)

    def is_for_staff(self, text: str, now: datetime) -> None:
        """Nobody is off the list or woken for it, and somebody reads it."""
        heard = self.says(text, now)
        assert self.now() == ("active", False) and self.entry.confirmed_at is None
        assert heard.meaning == "unclear" and not {"still_kept", "still_left"} & set(answers())
        assert inbox.to_read(self.world.clinic.pk, now=now).filter(pk=heard.pk).exists()

    def now(self) -> tuple[str, bool]:
        self.entry.refresh_from_db()
        return self.entry.status, self.entry.silent_since is not None


@pytest.fixture
def asked() -> Asked:
    return Asked()


def answers() -> list[str]:
    return [one.context["answer"] for one in Message.objects.filter(kind="answer").order_by("pk")]


@pytest.mark.parametrize(
    "text", ["YES", "Yes please", "keep", "Keep me on the list", "still interested", "Sí", "sigo esperando"]
)
def test_yes_keeps_it(asked, text):
    heard = asked.says(text)
    assert asked.now() == ("active", False) and asked.entry.confirmed_at == NOW + HOUR
    assert (heard.meaning, answers()) == ("kept", ["still_kept"])
    who = Entry.objects.get(verb="entry.confirmed")
    assert (who.actor_kind, who.actor_ref) == ("patient", asked.entry.patient_id)


@pytest.mark.parametrize("text", ["NO", "No thanks", "no all", "no longer interested"])
def test_no_takes_it_off(asked, text):
    heard = asked.says(text)
    assert asked.now() == ("removed", False)
    assert (heard.meaning, answers()) == ("left", ["still_left"])


def test_pause_is_two_weeks(asked):
    asked.says("PAUSE")
    assert asked.now() == ("paused", False) and asked.entry.paused_until == NOW + HOUR + 14 * DAY


@pytest.mark.parametrize(
    ("text", "then"),
    [("YES", "active"), ("keep", "active"), ("START", "active"), ("PAUSE", "paused")],
)
def test_what_rests_hears_it_too(asked, text, then):
    asked.rests()
    asked.says(text, NOW + 20 * DAY)
    assert asked.now() == (then, False)
    if text == "PAUSE":
        assert asked.entry.paused_until == NOW + 34 * DAY


def test_a_yes_to_an_open_offer_is_the_offers(asked):
    offered = tell(asked.world, phone=NUMBER)
    offered.deliver()
    asked.says("YES")
    assert Appointment.objects.count() == 1 and Offer.objects.get().state == "accepted"
    assert asked.now() == ("active", False) and asked.entry.still_asked_at == NOW


def test_a_no_to_an_open_offer_is_the_offers(asked):
    offered = tell(asked.world, phone=NUMBER)
    offered.deliver()
    asked.says("NO")
    assert Offer.objects.get().state == "declined" and asked.now() == ("active", False)


def test_after_news_of_an_offer_a_yes_is_no_answer_to_the_older_question(asked):
    offered = tell(asked.world, phone=NUMBER)
    offered.deliver(NOW + timedelta(minutes=1))
    Offer.objects.update(state="expired", expires_at=NOW + timedelta(minutes=5))
    asked.says("YES", NOW + HOUR)
    assert "still_kept" not in answers()
    assert asked.now() == ("active", False) and asked.entry.confirmed_at is None


@pytest.mark.parametrize("text", ["YES", "NO"])
def test_days_after_an_offer_that_was_sent_since_only_staff_can_tell(asked, text):
    offered = tell(asked.world, phone=NUMBER)
    offered.deliver(NOW + timedelta(minutes=1))
    Offer.objects.update(state="expired", expires_at=NOW + timedelta(minutes=5), offered_at=NOW)
    asked.is_for_staff(text, NOW + 4 * DAY)


@pytest.mark.parametrize("text", ["YES", "NO"])
@pytest.mark.parametrize("kind", ["desk", "follow_up", "opt_in"])
def test_what_was_sent_since_may_be_meant_instead(asked, kind, text):
    asked.sends(kind, NOW + HOUR)
    asked.is_for_staff(text, NOW + 2 * HOUR)


@pytest.mark.parametrize(("kind", "status"), [("desk", "refused"), ("answer", "delivered"), ("passcode", "sent")])
def test_what_never_went_or_asks_nothing_is_not_meant(asked, kind, status):
    asked.sends(kind, NOW + HOUR, status=status)
    asked.says("NO", NOW + 2 * HOUR)
    assert asked.now() == ("removed", False)


def test_what_another_clinic_of_the_line_sent_may_be_meant(asked):
    asked.world.clinic.sms_sender = "+14155550199"
    asked.world.clinic.save(update_fields=["sms_sender"])
    other = World(sms_sender="+14155550199")
    asked.sends("desk", NOW + HOUR, clinic=other.clinic)
    asked.is_for_staff("NO", NOW + 2 * HOUR)


def test_a_no_two_weeks_later_is_for_staff_and_a_yes_is_heard(asked):
    asked.is_for_staff("NO", NOW + 14 * DAY + HOUR)
    asked.says("YES", NOW + 14 * DAY + 2 * HOUR)
    assert answers()[-1] == "still_kept"


def test_a_no_to_what_rests_takes_nobody_off(asked):
    asked.rests()
    heard = asked.says("NO", NOW + 20 * DAY)
    assert asked.now() == ("paused", True) and heard.meaning == "unclear"


def test_of_two_who_share_a_number_a_no_is_nobodys(asked):
    other = asked.waits()
    still_wanted.sweep(asked.world.clinic, now=NOW)
    outbox.deliver_due(now=NOW)
    asked.says("NO")
    assert answers() == ["still_whose"]
    assert set(WaitlistEntry.objects.values_list("status", flat=True)) == {"active"}
    asked.says("YES", NOW + 2 * HOUR)
    other.refresh_from_db()
    assert asked.now() == ("active", False) and (other.confirmed_at, asked.entry.confirmed_at) == (NOW + 2 * HOUR,) * 2


def test_keep_with_no_question_is_for_staff(asked):
    asked.says("YES")
    heard = asked.says("keep", NOW + 2 * HOUR)
    assert heard.meaning == "unclear"


def test_a_worker_that_died_in_between_says_the_same(asked):
    heard = asked.says("NO")
    Message.objects.filter(kind="answer").delete()
    InboundMessage.objects.filter(pk=heard.pk).update(handled_at=None)
    replies.handle(heard.pk, now=NOW + 2 * HOUR)
    assert answers() == ["still_left"]


@pytest.mark.parametrize("text", ["keep", "still waiting", "I'm still interested", "todavía", "sigo interesada"])
def test_the_words(text):
    assert understand(text).meaning == Meaning.KEEP
