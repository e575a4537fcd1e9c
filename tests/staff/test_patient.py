"""One patient on one sheet: what they allowed, wait for, were offered and said; notes; and who may see it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching.models import Offer
from notifications import consent
from notifications.consent import texts
from notifications.models import ContactPoint, InboundMessage, Message, PatientContact
from tests import factories
from tests.factories import World
from waitlist import notes, tier_choices
from waitlist.models import Patient, PatientNote, User
from waitlist.states import Role, Tier

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(world: World) -> Patient:
    return factories.patient(world.clinic, first_name="Ana", last_name="Pereira")


def page(staff: Client, patient: Patient, query: str = "") -> str:
    return staff.get(reverse("patient", args=[patient.pk]) + query).content.decode()


def asked(world: World, patient: Patient, *, sent: float | None = -60, **fields) -> Offer:
    """Asked an hour ago for a time in thirty, with an hour to answer; `sent`: when their text went, in minutes."""
    now = timezone.now()
    entry = patient.entries.first() or world.entry(patient)
    slot = world.slot(now + timedelta(hours=30 + Offer.objects.count()), state="offering", next_wave_at=None)
    at = {"offered_at": now - timedelta(hours=1), "expires_at": now, "wave": 2}
    offer = world.offer(slot, entry, **{**at, **fields})
    sent_at = now + timedelta(minutes=sent) if sent is not None else None
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", contact_point=patient.contact_points.first(),
        patient=patient, offer=offer, slot=slot, status="delivered" if sent_at else "failed",
        dedupe_key=f"offer:{offer.pk}", next_attempt_at=now, created_at=now, sent_at=sent_at, delivered_at=sent_at,
    )  # fmt: skip
    return offer


def test_an_empty_sheet_says_what_will_stand_there(staff: Client, world: World):
    nobody = factories.patient(world.clinic, phone=None)
    text = page(staff, nobody)
    for words in (
        *("Nobody can reach them", "They wait for nothing", "Nothing was offered to them yet", "No visits yet"),
        *("No notes yet", "No number to text"),
    ):
        assert words in text, words


def test_the_ledger_says_what_when_how_and_the_words_they_agreed_to(staff: Client, world: World, ana: Patient):
    point, now = ana.contact_points.get(), timezone.now()
    consent.record(
        point, purpose="offers", channel="sms", granted=True, source="staff", at=now, now=now,
        text_version=texts.READ_ALOUD, note="Said by Ana",
    )  # fmt: skip
    consent.record(point, purpose="offers", channel="voice", granted=False, source="keyword", at=now, now=now)
    text = page(staff, ana)
    assert "Text · Openings" in text and "Told to staff · Said by Ana" in text
    assert text.count(texts.TEXTS[texts.READ_ALOUD]) == 1, "once: nothing was read to them for the other line"
    assert "Replied by text" in text
    assert "Allowed now: Text: " in text


def test_of_a_number_a_family_shares_the_others_are_named(staff: Client, ana: Patient, world: World):
    mother = factories.patient(world.clinic, phone=ana.contact_points.get().value)
    assert f'<a href="{reverse("patient", args=[mother.pk])}">{mother.name}</a>' in page(staff, ana)


def test_why_they_have_their_tier_is_said_in_words(staff: Client, world: World, desk: User):
    often = factories.patient(world.clinic, visits=14, past_visits=20, show_rate=60, tier=Tier.GOLD)
    text = page(staff, often)
    assert "14 visits in the last 12 months: Platinum asks for 12." in text
    assert "They came to 60 % of their visits, Platinum asks for 90 %: one tier lower." in text
    rich = factories.patient(world.clinic, spend_cents=150_000, past_visits=1, tier=Tier.GOLD)
    text = page(staff, rich)
    assert "$1,500 spent in the last 12 months: Gold asks for $1,000." in text
    assert "does not count yet: that takes 3 past visits, they have 1." in text
    new = factories.patient(world.clinic, visits=1)
    assert "1 visit and $0 spent in the last 12 months: Gold asks for 4 visits or $1,000." in page(staff, new)
    tier_choices.choose(new.pk, Tier.PLATINUM, reason="Dr Lee asks for it", by=desk, now=timezone.now())
    text = page(staff, new)
    assert f"{desk.name} chose it on" in text and "Dr Lee asks for it" in text and "would be Silver" in text


def test_an_offer_says_when_they_were_told_and_how_late_they_answered(staff: Client, world: World, ana: Patient):
    now = timezone.now()
    late = asked(
        world, ana, state="accepted", expires_at=now - timedelta(minutes=40), answered_by="link",
        answered_at=now - timedelta(minutes=20), seen_at=now - timedelta(minutes=25),
    )  # fmt: skip
    text = page(staff, ana)
    assert reverse("slot", args=[late.slot_id]) in text and "wave 2" in text
    assert "Said yes" in text and "· delivered" in text and "· seen" in text
    assert "40 min after that, by the link" in text and "20 min late" in text


def test_a_no_gives_its_reason_and_whom_nothing_reached_was_not_told(staff: Client, world: World, ana: Patient):
    now = timezone.now()
    asked(
        world, ana, state="declined", decline_reason="wrong_time", answered_by="reply", expires_at=now,
        answered_at=now - timedelta(minutes=55),
    )  # fmt: skip
    text = page(staff, ana)
    assert "5 min after that, by text: “Wrong time”" in text and " late" not in text
    untold = factories.patient(world.clinic)
    asked(world, untold, sent=None, expires_at=now + timedelta(hours=1))
    assert "not told" in page(staff, untold)


def test_more_than_ten_offers_are_one_link_away(staff: Client, world: World, ana: Patient):
    slots = [asked(world, ana, state="expired").slot_id for _ in range(11)]
    first = reverse("slot", args=[slots[0]])
    assert first not in page(staff, ana) and "Show all offers" in page(staff, ana)
    assert first in page(staff, ana, "?all=offers") and "Show all offers" not in page(staff, ana, "?all=offers")


def test_visits_to_come_and_past_with_whether_they_came(staff: Client, world: World, ana: Patient):
    now = timezone.now()
    for days, fields in (
        (3, {"confirmed_at": now, "confirmed_via": "link"}),
        (-3, {"status": "noshow"}),
        (-5, {"status": "fulfilled"}),
        (-7, {"status": "cancelled", "cancelled_by": "patient", "cancelled_at": now, "cancel_reason": "Ill"}),
        (-9, {}),
    ):
        world.appointment(now + timedelta(days=days), patient=ana, **fields)
    text = page(staff, ana)
    told = ["Confirmed", "Did not come", "Came<", "By the patient, ", "Not marked yet"]
    assert sorted(told, key=text.index) == told and "“Ill”" in text


def test_a_pause_stands_in_the_head(staff: Client, world: World, ana: Patient):
    until = timezone.now() + timedelta(days=9)
    world.entry(ana, status="paused", paused_until=until)
    text = page(staff, ana)
    assert "Paused</span></div>" in text and "no time is offered before" in text


def test_a_note_is_the_desks_and_the_trail_has_none_of_its_words(staff: Client, desk: User, ana: Patient):
    url = reverse("patient-note", args=[ana.pk])
    assert staff.post(url, {"note-text": "Ring after five\n<b>please</b>"})["Location"].endswith("#notes")
    note = PatientNote.objects.get()
    assert (note.written_by, note.patient, note.clinic_id) == (desk, ana, ana.clinic_id)
    assert "Ring after five<br>&lt;b&gt;please&lt;/b&gt;" in page(staff, ana) and desk.name in page(staff, ana)
    line = Entry.objects.get(verb="note.written")
    assert line.changes == {"patient": ana.pk} and "Ring" not in f"{line.object_repr} {line.changes}"


@pytest.mark.parametrize("text, words", [("  ", "New note: write something first."), ("x" * 1001, "1,000 characters")])
def test_a_note_that_cannot_be_is_refused_by_name(staff: Client, ana: Patient, text: str, words: str):
    answer = staff.post(reverse("patient-note", args=[ana.pk]), {"note-text": text})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not PatientNote.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        PatientNote.objects.create(
            clinic=ana.clinic, patient=ana, text="", written_by=factories.user(ana.clinic), written_at=timezone.now()
        )


def test_who_wrote_a_note_or_a_manager_takes_it_back_and_its_words_are_gone(client: Client, staff: Client, ana):
    colleague, manager = factories.user(ana.clinic), factories.user(ana.clinic, Role.MANAGER)
    note = notes.write(ana, "Somebody else’s story", by=colleague, now=timezone.now())
    url = reverse("patient-note-take-back", args=[ana.pk, note.pk])
    assert "Take back<" not in page(staff, ana)
    assert "or a manager. Nothing was changed." in staff.post(url, follow=True).content.decode()
    note.refresh_from_db()
    assert note.text
    for user, said in ((manager, "its words are gone"), (manager, "or a manager. Nothing was changed.")):
        client.force_login(user)
        assert said in client.post(url, follow=True).content.decode()
    note.refresh_from_db()
    assert (note.text, note.taken_back_by) == ("", manager)
    assert f"Taken back by {manager.name}" in page(staff, ana)
    assert Entry.objects.filter(verb="note.taken_back").count() == 1
    assert not notes.take_back(note, by=colleague, now=timezone.now()), "the second finds it done"


def test_the_conversation_is_there_with_a_place_to_answer_and_leads_back(staff: Client, world: World, ana: Patient):
    point, now = ana.contact_points.get(), timezone.now()
    heard = InboundMessage.objects.create(
        clinic=world.clinic, contact_point=point, channel="sms", provider_id="SM-1", text="Is there parking?",
        meaning="unclear", received_at=now, handled_at=now,
    )  # fmt: skip
    text, back = page(staff, ana), f"{reverse('patient', args=[ana.pk])}?number={point.pk}#texts"
    assert "Is there parking?" in text and f'name="next" value="{back}"' in text
    typed = {"text": "Yes, behind the house.", "after": 0, "seen": heard.pk, "next": back}
    assert staff.post(reverse("inbox-answer", args=[point.pk]), typed)["Location"] == back
    assert "Yes, behind the house." in page(staff, ana)
    away = {"seen": heard.pk, "next": "https://elsewhere.example/"}
    assert staff.post(reverse("inbox-read", args=[point.pk]), away)["Location"] == reverse("inbox")


def test_of_two_numbers_each_has_its_conversation(staff: Client, world: World, ana: Patient):
    now = timezone.now()
    second = ContactPoint.objects.create(clinic=world.clinic, kind="phone", value="+16285550199", created_at=now)
    PatientContact.objects.create(patient=ana, contact_point=second, position=1)
    for point, words in ((ana.contact_points.exclude(pk=second.pk).get(), "From the first"), (second, "The other")):
        InboundMessage.objects.create(
            clinic=world.clinic, contact_point=point, channel="sms", provider_id=words, text=words,
            meaning="unclear", received_at=now, handled_at=now,
        )  # fmt: skip
    assert "From the first" in page(staff, ana) and "The other" not in page(staff, ana)
    assert "The other" in page(staff, ana, f"?number={second.pk}")
    assert "From the first" in page(staff, ana, "?number=999999999999"), "somebody else's is not shown"


def test_as_many_questions_for_three_of_everything_as_for_one(staff: Client, world: World, ana: Patient):
    now, counts = timezone.now(), []
    for more in (1, 2):
        for _ in range(more):
            n = PatientNote.objects.count()
            point = ContactPoint.objects.create(
                clinic=world.clinic, kind="phone", value=f"+1628555021{n}", created_at=now
            )
            PatientContact.objects.create(patient=ana, contact_point=point, position=n + 1)
            factories.patient(world.clinic, phone=point.value)
            consent.record(point, purpose="offers", channel="sms", granted=True, source="form", at=now, now=now)
            factories.entry(world.clinic, [factories.service(world.clinic)], ana)
            asked(world, ana, state="expired")
            world.appointment(now + timedelta(days=2 + n), patient=ana)
            world.appointment(now - timedelta(days=2 + n), patient=ana, status="fulfilled")
            notes.write(ana, "Something", by=factories.user(world.clinic), now=now)
        with CaptureQueriesContext(connection) as found:
            page(staff, ana)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 45, counts


def test_it_is_the_desks_not_compliances_and_never_another_clinics(client: Client, staff: Client, ana: Patient):
    others = World()
    stranger = factories.patient(others.clinic)
    note = notes.write(stranger, "Not yours", by=factories.user(others.clinic), now=timezone.now())
    assert staff.get(reverse("patient", args=[stranger.pk])).status_code == 404
    assert staff.post(reverse("patient-note", args=[stranger.pk]), {"note-text": "x"}).status_code == 404
    for pk in (stranger.pk, ana.pk):
        assert staff.post(reverse("patient-note-take-back", args=[pk, note.pk])).status_code == 404
    client.force_login(factories.user(ana.clinic, Role.COMPLIANCE))
    assert client.get(reverse("patient", args=[ana.pk])).status_code == 403


def test_the_list_finds_by_name_or_number_and_its_address_says_so(staff: Client, world: World, ana: Patient):
    ben = factories.patient(world.clinic, first_name="Ben", last_name="Zola")
    stranger = factories.patient(World().clinic, last_name="Pereira")
    for query, found in (
        ({}, [True, True]),
        ({"q": "pereira"}, [True, False]),
        ({"q": ben.contact_points.get().value[-7:]}, [False, True]),
        ({"q": "nobody"}, [False, False]),
    ):
        text = staff.get(reverse("patients"), query).content.decode()
        assert [one.name in text for one in (ana, ben)] == found, query
        assert stranger.first_name not in text
    for n in range(60):
        factories.patient(world.clinic, first_name=f"Many{n}", last_name="Same")
    text = staff.get(reverse("patients"), {"q": "same", "page": 2}).content.decode()
    assert 'value="same"' in text and "?q=same&amp;page=1" in text and "Page 2 of 2" in text


def test_the_list_in_a_fixed_number_of_queries(staff: Client, world: World, ana: Patient):
    counts = []
    for more in (1, 2):
        for n in range(more):
            factories.entry(world.clinic, [factories.service(world.clinic)], ana)
            world.appointment(timezone.now() + timedelta(days=n + 2 * more), patient=factories.patient(world.clinic))
        with CaptureQueriesContext(connection) as found:
            staff.get(reverse("patients"))
        counts.append(len(found))
    assert counts[0] == counts[1], counts
