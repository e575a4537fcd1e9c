"""Cancellation fees for staff: noted when they cancel, listed, settled or let go, and who cancels often."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching.models import Offer
from notifications.models import Message
from tests import factories
from tests.factories import World
from waitlist.models import Appointment, CancellationFee, Clinic, Patient, Service, Slot, Writeback
from waitlist.states import CancelledBy, Role, SlotState

pytestmark = pytest.mark.django_db(transaction=True)


def won(world: World, hours: float = 60, *, ago: timedelta = timedelta(hours=1)) -> Appointment:
    """A visit that an offer of ours won so long ago."""
    now = timezone.now()
    slot = world.asked_slot(now + timedelta(hours=hours), opened_at=now - ago)
    offer = world.offer(slot, state="accepted", answered_by="link")
    visit = world.appointment(slot.starts_at, patient=offer.patient)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.FILLED, filled_by=visit, filled_at=now - ago)
    type(offer.entry).objects.filter(pk=offer.entry_id).update(status="booked")
    return visit


def owed(world: World, **fields: object) -> CancellationFee:
    hours = 60 + CancellationFee.objects.count()
    visit = world.appointment(
        timezone.now() + timedelta(hours=hours), patient=factories.patient(world.clinic), status="cancelled"
    )
    facts = {"rule": "early", "percent": 50, "price_cents": 32000, "cents": 16000, "owed_at": timezone.now()}
    return CancellationFee.objects.create(clinic=world.clinic, appointment=visit, **{**facts, **fields})


def text(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def manager(world: World) -> Client:
    client = Client()
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


# Cancelling at the desk


def test_the_form_shows_what_is_owed_and_notes_it(staff: Client, world: World):
    visit = won(world)
    url = reverse("appointment-cancel", args=[visit.pk])
    page = text(staff, url)
    assert "<b>$160</b> is owed: 50 % of $320, more than 24 hours before" in page
    said = {"reason": "by the patient", "record_fee": "on", "cents": "16000", "keeps_place": "on"}
    Clinic.objects.update(cancel_notice_minutes=61 * 60)
    page = staff.post(url, said, follow=True).content.decode()
    assert "More is owed now" in page and "<b>$320</b> is owed" in page and not CancellationFee.objects.exists()
    Clinic.objects.update(cancel_notice_minutes=24 * 60)
    page = staff.post(url, said, follow=True).content.decode()
    assert "$160 is noted as owed." in page
    assert CancellationFee.objects.get().appointment == visit
    assert set(Message.objects.values_list("kind", flat=True)) >= {"ended"}
    assert Offer.objects.filter(state="returned", answered_by="link").get().entry.status == "active"


def test_staff_may_leave_it(staff: Client, world: World):
    visit = won(world)
    staff.post(reverse("appointment-cancel", args=[visit.pk]), {"reason": "patient is ill"})
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by) == ("cancelled", CancelledBy.PATIENT)
    assert not CancellationFee.objects.exists()
    assert Offer.objects.get(slot__filled_by=visit).entry.status == "removed", "no tick: off the list"


def test_the_clinics_own_reason_is_an_apology_and_owes_nothing(staff: Client, world: World):
    visit = won(world)
    said = {"reason": "practitioner is away", "record_fee": "on", "cents": "16000"}
    staff.post(reverse("appointment-cancel", args=[visit.pk]), said)
    assert not CancellationFee.objects.exists()
    assert Message.objects.filter(kind="lost", patient=visit.patient).exists()
    assert Offer.objects.get().entry.status == "active"


def test_whoever_cannot_be_told_is_to_be_called(staff: Client, world: World):
    visit = won(world)
    visit.patient.contact_points.update(granted=[])
    page = staff.post(reverse("appointment-cancel", args=[visit.pk]), {"reason": "other reason"}, follow=True)
    assert "We have no way to tell the patient: please call." in page.content.decode()


def test_a_visit_nobody_won_shows_no_fee(staff: Client, world: World):
    visit = world.appointment(timezone.now() + timedelta(hours=60), patient=factories.patient(world.clinic))
    page = text(staff, reverse("appointment-cancel", args=[visit.pk]))
    assert "is owed" not in page and "Standby does not write to them about it" in page
    assert f'href="tel:{visit.patient.contact_points.get().value}"' in page


def test_on_again_for_somebody_booked_otherwise_shows_no_fee(staff: Client, world: World):
    visit = won(world)
    Offer.objects.update(state="returned")
    url = reverse("appointment-cancel", args=[visit.pk])
    page = text(staff, url)
    assert "is owed" not in page and "Standby does not write to them about it" in page
    staff.post(url, {"reason": "by the patient", "record_fee": "on", "cents": "16000"})  # a page from before
    visit.refresh_from_db()
    assert visit.status == "cancelled" and not CancellationFee.objects.exists()


# The board and its figures


def test_filled_and_cancelled_since_is_no_success(staff: Client, world: World):
    this_moment = timedelta()  # an hour ago it may have been yesterday there
    still, gone = won(world, 60, ago=this_moment), won(world, 80, ago=this_moment)
    Appointment.objects.filter(pk=gone.pk).update(
        status="cancelled", cancelled_at=timezone.now(), cancelled_by=CancelledBy.PATIENT
    )
    page = text(staff, reverse("board"))
    assert 'id="filled-h">Filled today <span class="muted">1<' in page
    assert 'id="lost-h">Filled, then cancelled <span class="muted">1<' in page
    assert "$320</dd>" in page and "1 of 1" in page
    assert f'{gone.patient.short_name}</b><span class="muted"> had it until' in page
    assert "and gave it up" in page and still.patient.short_name in page


def test_too_near_is_said_and_not_opened_again(staff: Client, world: World):
    soon = timezone.now() + timedelta(minutes=30)
    slot = world.slot(soon, state="expired", closed_because="too_near", closed_at=timezone.now())
    assert "Too near to ask anybody" in text(staff, reverse("board"))
    page = text(staff, reverse("slot", args=[slot.pk]))
    assert "Too near to ask anybody" in page and "Open it again" not in page
    ahead = world.slot(soon + timedelta(days=3), state="withdrawn", closed_because="stopped")
    assert "Open it again" in text(staff, reverse("slot", args=[ahead.pk]))


# The list


def test_what_is_owed_is_settled_at_the_desk_once(staff: Client, world: World, desk):
    fee = owed(world)
    assert "$160 owed." in text(staff, reverse("fees"))
    url = reverse("fee-settle", args=[fee.pk])
    assert "is settled." in staff.post(url, follow=True).content.decode()
    fee.refresh_from_db()
    assert (fee.status, fee.ended_by) == ("settled", desk)
    assert "was not owed any more" in staff.post(url, follow=True).content.decode()
    assert "Nothing is owed." in text(staff, reverse("fees"))


def test_a_manager_lets_it_go_for_a_reason(world: World):
    fee, boss = owed(world), manager(world)
    url = reverse("fee-waive", args=[fee.pk])
    assert "Reason: say why the fee is let go." in boss.post(url, {"reason": " "}, follow=True).content.decode()
    assert "Reason: " in boss.post(url, {"reason": "x" * 201}, follow=True).content.decode()
    boss.post(url, {"reason": "Snow storm"})
    fee.refresh_from_db()
    assert (fee.status, fee.reason) == ("waived", "Snow storm")
    assert "“Snow storm”" in text(boss, reverse("fees"))


def test_the_front_desk_sees_no_way_to_let_it_go(staff: Client, world: World):
    owed(world)
    assert "Let it go" not in text(staff, reverse("fees"))


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_num_queries):
    owed(world)
    with django_assert_num_queries(8):
        staff.get(reverse("fees"))
    for _ in range(2):
        owed(world)
    with django_assert_num_queries(8):
        staff.get(reverse("fees"))


# Who cancels often


def cancelled(world: World, who: Patient, times: int) -> None:
    now = timezone.now()
    for n in range(times):
        visit = world.appointment(
            now + timedelta(days=n + 20), patient=who, status="cancelled", cancelled_by="patient", cancelled_at=now
        )
        facts = {"kind": "booked", "status": "done", "created_at": now, "updated_at": now}
        Writeback.objects.create(clinic=world.clinic, appointment=visit, **facts)


@pytest.mark.parametrize(("times", "is_flagged"), [(2, False), (3, True)])
def test_more_than_two_a_month_are_flagged_wherever_staff_choose(times, is_flagged, staff: Client, world: World):
    entry = world.entry()
    cancelled(world, entry.patient, times)
    asked = world.asked_slot(timezone.now() + timedelta(hours=60), state="offering", wave=1)
    world.offer(asked, entry)
    other = world.asked_slot(timezone.now() + timedelta(hours=70), opened_at=timezone.now())
    words = "cancels often (3 in 30 days)"
    for url in (
        reverse("patient", args=[entry.patient_id]),
        reverse("slot", args=[asked.pk]),
        reverse("board"),
        reverse("slot-ask", args=[other.pk]),
        reverse("slot-book", args=[other.pk]),
        reverse("slot", args=[other.pk]) + "?tab=others",
    ):
        assert (words in text(staff, url)) == is_flagged, url
    assert f"{times} times in the last 30 days" in text(staff, reverse("patient", args=[entry.patient_id]))


def test_the_patients_page_shows_their_fees(staff: Client, world: World):
    fee = owed(world)
    page = text(staff, reverse("patient", args=[fee.appointment.patient_id]))
    assert "<b>$160</b>" in page and "50 % of $320" in page


# What it costs


def figures(**fields: object) -> dict[str, object]:
    usual = {"grace_minutes": 15, "cancel_fee_percent_early": 50, "cancel_fee_percent_late": 100, "notice_hours": 24}
    usual |= {"express_minutes": 15}
    return {**usual, **fields}


def test_a_manager_says_what_cancelling_costs(world: World):
    boss, service = manager(world), world.service
    field = f"notice_hours_{service.pk}"
    page = boss.post(reverse("cancelling"), figures(cancel_fee_percent_early=25, **{field: 48}), follow=True)
    assert "Saved." in page.content.decode()
    world.clinic.refresh_from_db()
    assert (world.clinic.cancel_fee_percent_early, world.clinic.cancel_notice_minutes) == (25, 1440)
    assert Service.objects.get().cancel_notice_minutes == 2880
    boss.post(reverse("cancelling"), figures(**{field: ""}))
    assert Service.objects.get().cancel_notice_minutes is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cancel_fee_percent_late": 101}, "less than or equal to 100"),
        ({"cancel_fee_percent_early": 60, "cancel_fee_percent_late": 40}, "less than with enough notice, 60 %"),
        ({"notice_hours": ""}, "This needs a number."),
        ({"notice_hours": 721}, "less than or equal to 720"),
        ({"grace_minutes": "soon"}, "This has to be a whole number."),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(wrong, words, world: World):
    page = manager(world).post(reverse("cancelling"), figures(**wrong)).content.decode()
    assert words in page
    world.clinic.refresh_from_db()
    assert (world.clinic.cancel_fee_percent_early, world.clinic.cancel_fee_percent_late) == (50, 100)
