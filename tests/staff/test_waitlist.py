"""Joining, changing a wish, consent as it was said, leaving; and errors that lose nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import consent
from notifications.models import Consent, ContactPoint, PatientContact
from tests import factories
from tests.factories import World
from waitlist.models import Availability, Patient, User, WaitlistEntry
from waitlist.states import EntryStatus, Tier

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def form(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "p-phone": "(628) 555-0123",
        "p-email": "",
        "p-first_name": "Ana",
        "p-last_name": "Pérez",
        "p-language": "es",
        "w-services": [world.service.pk],
        "w-notice_minutes": "120",
        "w-priority": "",
        "t-TOTAL_FORMS": "2",
        "t-INITIAL_FORMS": "1",
        "t-0-days": ["0", "4"],
        "t-0-starts": "09:00",
        "t-0-ends": "17:30",
        "t-1-starts": "",
        "t-1-ends": "",
        "c-said_by": "",
        "c-said_at": "",
        **fields,
    }


@committed
def test_a_patient_with_preferences_and_consent(staff: Client, world: World, desk: User):
    said_at = (timezone.now() - timedelta(hours=1)).astimezone(world.clinic.zone)
    other = factories.practitioner(world.clinic)
    answer = staff.post(
        reverse("entry-new"),
        form(
            world,
            **{
                "w-practitioners": [world.practitioner.pk],
                "w-excluded_practitioners": [other.pk],
                "w-max_travel_minutes": "40",
                "w-earliest_on": "2027-01-01",
                "w-latest_on": "2027-02-01",
                "w-priority": Tier.GOLD,
                "w-note": "Prefers a call",
                "t-1-days": ["5"],
                "t-1-starts": "10:00",
                "t-1-ends": "00:00",
                "c-sms": "on",
                "c-said_by": "Ana herself",
                "c-said_at": said_at.strftime("%Y-%m-%dT%H:%M"),
            },
        ),
    )
    assert answer.status_code == 302, answer.content.decode()
    entry = WaitlistEntry.objects.get()
    assert entry.patient.name == "Ana Pérez"
    assert (entry.services, entry.practitioners) == ([world.service.pk], [world.practitioner.pk])
    assert (entry.excluded_practitioners, entry.max_travel_minutes, entry.priority) == ([other.pk], 40, Tier.GOLD)
    windows = set(Availability.objects.values_list("days", "from_minute", "until_minute"))
    assert windows == {(0b0010001, 540, 1050), (0b0100000, 600, 1440)}
    consent = Consent.objects.get()
    assert (consent.contact_point.value, consent.channel, consent.granted) == ("+16285550123", "sms", True)
    assert (consent.recorded_by, consent.note) == (desk, "Said by Ana herself")
    assert consent.at == said_at.replace(second=0, microsecond=0)
    assert consent.text_version


@committed
def test_a_yes_to_calls_is_one_for_the_phone(staff: Client, world: World):
    told = {"c-voice": "on", "c-said_by": "Ana", "c-said_at": "2026-01-01T10:00", "p-preferred_channel": "voice"}
    page = staff.post(reverse("entry-new"), form(world, **{"p-phone": "", **told})).content.decode()
    assert "There is a consent for it" in page
    staff.post(reverse("entry-new"), form(world, **told))
    (line,) = Consent.objects.all()
    assert (line.channel, line.purpose, line.contact_point.granted) == ("voice", "offers", ["offers:voice"])
    assert Patient.objects.get().preferred_channel == "voice"
    page = staff.get(reverse("patient-edit", args=[Patient.objects.get().pk])).content.decode()
    assert '<option value="voice" selected>' in page
    page = staff.get(reverse("patient", args=[Patient.objects.get().pk])).content.decode()
    assert "Call · Openings" in page
    assert "No more calls" in page


@committed
def test_without_a_yes_nobody_is_reached(staff: Client, world: World):
    staff.post(reverse("entry-new"), form(world))
    assert Consent.objects.count() == 0
    assert "text: no consent" in staff.get(reverse("waitlist")).content.decode()


@committed
@pytest.mark.parametrize("phone, is_warned", [("", True), ("(628) 555-0123", False)])
def test_who_cannot_be_reached_at_all_is_said(phone: str, is_warned: bool, staff: Client, world: World):
    name = {"p-first_name": "A<b>", "p-phone": phone}
    page = staff.post(reverse("entry-new"), form(world, **name), follow=True).content.decode()
    assert ("Nobody can reach A&lt;b&gt; Pérez: add a phone or an e-mail." in page) == is_warned
    entry = reverse("entry-edit", args=[WaitlistEntry.objects.get().pk])
    assert f'<a href="{entry}">A&lt;b&gt; Pérez</a> is on the waitlist.' in page


@committed
def test_joining_twice_opens_the_wish(staff: Client, world: World):
    staff.post(reverse("entry-new"), form(world))
    again = staff.post(reverse("entry-new"), form(world))
    assert again["Location"] == reverse("entry-edit", args=[WaitlistEntry.objects.get().pk])


@committed
@pytest.mark.parametrize(
    "fields, words",
    [
        ({"p-first_name": ""}, "First name</a>: This field is required"),
        ({"p-phone": "123"}, "Phone</a>:"),
        ({"p-phone": "+18005550123"}, "Phone</a>:"),
        ({"p-email": "no address"}, "E-mail</a>:"),
        ({"p-preferred_channel": "pigeon"}, "Asked first by</a>:"),
        ({"w-services": []}, "Services</a>: Tick at least one service."),
        ({"w-services": ["999999"]}, "Services</a>:"),
        ({"t-0-ends": "08:00"}, "Until</a>: Until has to be later than from"),
        ({"t-0-days": []}, "When they can come: Choose at least one day"),
        ({"w-earliest_on": "2027-02-02", "w-latest_on": "2027-01-01"}, "Not after</a>:"),
        ({"w-max_travel_minutes": "0"}, "Longest trip, minutes</a>:"),
        ({"c-sms": "on"}, "Who said so</a>:"),
        ({"c-voice": "on"}, "Who said so</a>:"),
        ({"c-sms": "on", "c-said_by": "her", "c-said_at": "2099-01-01T10:00"}, "When</a>: This is in the future"),
        ({"c-email": "on", "c-said_by": "her", "c-said_at": "2026-01-01T10:00"}, "consent for it"),
    ],
)
def test_errors_name_the_field_and_lose_nothing(fields: dict[str, Any], words: str, staff: Client, world: World):
    page = staff.post(reverse("entry-new"), form(world, **{"w-note": "Keep me", **fields})).content.decode()
    assert words in page
    assert "Keep me" in page
    assert "Pérez" in page
    assert not WaitlistEntry.objects.exists()
    assert not Patient.objects.exists()


def test_a_known_number_is_offered(staff: Client, world: World):
    known = factories.patient(world.clinic, phone="+16285550144")
    foreign = factories.patient(factories.clinic(), phone="+16285550144")
    page = staff.get(reverse("entry-known"), {"p-phone": "628 555 0144"}).content.decode()
    assert known.name in page
    assert foreign.name not in page
    page = staff.get(reverse("entry-new"), {"patient": known.pk}).content.decode()
    assert f'value="{known.last_name}"' in page
    page = staff.get(reverse("entry-new"), {"patient": foreign.pk}).content.decode()
    assert foreign.last_name not in page


def test_the_list_in_a_fixed_number_of_queries(staff: Client, world: World, django_assert_num_queries):
    world.entry()
    with django_assert_num_queries(12):
        staff.get(reverse("waitlist"))
    world.entry()
    world.entry()
    with django_assert_num_queries(12):
        staff.get(reverse("waitlist"))


@pytest.mark.parametrize("words", ["ana", "0123", "laser"])
def test_search(words: str, staff: Client, world: World):
    laser = factories.service(world.clinic, name="Laser hair removal")
    ana = factories.patient(world.clinic, first_name="Ana", phone="+16285550123")
    factories.entry(world.clinic, [laser], ana)
    other = world.entry()
    page = staff.get(reverse("waitlist"), {"q": words}).content.decode()
    assert ana.name in page
    assert other.patient.name not in page


def test_nothing_of_another_clinic(staff: Client):
    other = World().entry()
    assert other.patient.name not in staff.get(reverse("waitlist")).content.decode()
    for name, pk in (("entry-edit", other.pk), ("entry-remove", other.pk), ("patient-edit", other.patient_id)):
        assert staff.get(reverse(name, args=[pk])).status_code == 404
        assert staff.post(reverse(name, args=[pk])).status_code == 404


def wish(world: World, **fields: Any) -> dict[str, Any]:
    return {name: value for name, value in form(world, **fields).items() if name[0] in "wt"}


@committed
def test_editing_a_wish_keeps_odd_windows(staff: Client, world: World):
    entry = world.entry(availability=[(0b0000011, 555, 853), (0b1000000, 0, 1440)])
    page = staff.get(reverse("entry-edit", args=[entry.pk])).content.decode()
    assert 'value="09:15"' in page
    assert 'value="14:13"' in page
    changed = {
        "t-TOTAL_FORMS": "3",
        "t-INITIAL_FORMS": "2",
        "t-0-days": ["0", "1"],
        "t-0-starts": "09:15",
        "t-0-ends": "14:13",
        "t-1-days": ["6"],
        "t-1-starts": "00:00",
        "t-1-ends": "00:00",
        "w-note": "New note",
    }
    saw = re.search(r'name="saw" value="([^"]+)"', page)
    assert saw is not None
    staff.post(reverse("entry-edit", args=[entry.pk]), wish(world, **changed) | {"saw": saw[1]})
    entry.refresh_from_db()
    assert entry.note == "New note"
    windows = list(entry.availabilities.order_by("days").values_list("days", "from_minute", "until_minute"))
    assert windows == [(3, 555, 853), (64, 0, 1440)]


@committed
def test_two_wishes_for_the_same_are_refused(staff: Client, world: World):
    patient = factories.patient(world.clinic)
    second = factories.service(world.clinic)
    world.entry(patient)
    entry = factories.entry(world.clinic, [second], patient)
    url = reverse("entry-edit", args=[entry.pk])
    page = staff.post(url, wish(world) | {"saw": staff.get(url).context["saw"]}).content.decode()
    assert "already waits for exactly these" in page


@committed
def test_leaving_the_list(staff: Client, world: World):
    entry = world.entry()
    url = reverse("entry-remove", args=[entry.pk])
    staff.get(url)
    entry.refresh_from_db()
    assert entry.status == EntryStatus.ACTIVE
    staff.post(url)
    entry.refresh_from_db()
    assert entry.status == EntryStatus.REMOVED
    assert "was off the waitlist before" in staff.post(url, follow=True).content.decode()


@committed
def test_a_second_number_stays_when_the_first_is_changed(staff: Client, world: World):
    patient = factories.patient(world.clinic, phone="+16285550111")
    second = ContactPoint.objects.create(
        clinic=world.clinic, kind="phone", value="+16285550112", created_at=timezone.now()
    )
    PatientContact.objects.create(patient=patient, contact_point=second, position=1)
    url = reverse("patient-edit", args=[patient.pk])
    assert 'value="+16285550111"' in staff.get(url).content.decode()
    staff.post(url, {name: value for name, value in form(world).items() if name[0] in "pc"})
    values = {contact.contact_point.value for contact in patient.contacts.all()}
    assert values == {"+16285550123", "+16285550112"}


@committed
def test_no_more_texts(staff: Client, world: World, desk: User):
    patient = factories.patient(world.clinic, email="pat@example.com")
    phone, address = (use.contact_point for use in patient.contacts.all())
    page, url = reverse("patient", args=[patient.pk]), reverse("patient-no-more", args=[patient.pk])
    assert "No more e-mails" in staff.get(page).content.decode()
    asked = {"what": f"{phone.pk}:sms", "said_by": "Her mother"}
    shown = staff.post(url, asked, follow=True).content.decode()
    assert "No more texts to" in shown and "as Her mother said" in shown
    phone.refresh_from_db()
    address.refresh_from_db()
    assert (phone.granted, address.granted) == ([], ["offers:email", "reminders:email"])
    lines = Consent.objects.filter(contact_point=phone).order_by("purpose")
    assert [(line.purpose, line.granted, line.source, line.recorded_by, line.note) for line in lines] == [
        (purpose, False, "staff", desk, "Said by Her mother") for purpose in ("offers", "reminders")
    ]
    assert shown.count("Withdrawn") == 2 and f"entered by {desk.name}" in shown
    assert "Nothing of that kind is allowed there any more." in staff.post(url, asked, follow=True).content.decode()
    assert lines.count() == 2


@committed
@pytest.mark.parametrize(
    "left_out, words", [("said_by", "Say who wants no more messages."), ("what", "Choose what to stop.")]
)
def test_a_withdrawal_says_what_and_whose_word_it_is(left_out: str, words: str, staff: Client, world: World):
    patient = factories.patient(world.clinic)
    asked = {"what": f"{patient.contact_points.get().pk}:sms", "said_by": "Her mother", left_out: ""}
    answer = staff.post(reverse("patient-no-more", args=[patient.pk]), asked, follow=True)
    assert words in answer.content.decode()
    assert not Consent.objects.exists()


def test_the_ledger_of_a_number_is_shown_newest_first(staff: Client, world: World, desk: User):
    patient = factories.patient(world.clinic)
    point, now = patient.contact_points.get(), timezone.now()
    for days, granted, source in ((3, True, "form"), (1, False, "keyword")):
        at = now - timedelta(days=days)
        consent.record(point, purpose="offers", channel="sms", granted=granted, source=source, at=at, now=now)
    page = staff.get(reverse("patient", args=[patient.pk])).content.decode()
    assert 0 < page.index("Replied by text") < page.index("Web form")


@committed
def test_a_new_number_starts_without_consent(staff: Client, world: World):
    entry = world.entry()
    url = reverse("patient-edit", args=[entry.patient_id])
    who = {name: value for name, value in form(world).items() if name[0] in "pc"}
    staff.post(url, {**who, "p-first_name": "Anna"})
    patient = Patient.objects.get(pk=entry.patient_id)
    assert patient.first_name == "Anna"
    assert [point.granted for point in ContactPoint.objects.filter(patients=patient)] == [[]]
    said_at = timezone.now().astimezone(world.clinic.zone).strftime("%Y-%m-%dT%H:%M")
    staff.post(url, {**who, "c-sms": "on", "c-said_by": "her mother", "c-said_at": said_at})
    assert [point.granted for point in ContactPoint.objects.filter(patients=patient)] == [["offers:sms"]]


def test_hours_without_a_day_are_not_dropped(client: Client):
    world = World()
    entry = world.entry(availability=[(127, 540, 1020)])
    client.force_login(factories.user(world.clinic))
    first = {"t-0-days": ["0"], "t-0-starts": "09:00", "t-0-ends": "17:00"}
    typed = {"w-services": world.service.pk, "w-notice_minutes": 60, "t-TOTAL_FORMS": 2, "t-INITIAL_FORMS": 1, **first}
    answer = client.post(f"/waitlist/{entry.pk}/", typed | {"t-1-starts": "18:00", "t-1-ends": "20:00"})
    assert "Choose the days for these hours." in answer.content.decode()


def test_somebody_who_has_left_stays_named_until_unticked(client: Client):
    world = World()
    left = factories.practitioner(world.clinic, retired_at=factories.NOW)
    entry = world.entry(practitioners=[left.pk])
    client.force_login(factories.user(world.clinic))
    assert left.name in client.get(f"/waitlist/{entry.pk}/").content.decode()
