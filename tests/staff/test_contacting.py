"""When, how often and for how much people are written to: the manager's page, within what the law allows."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from notifications.models import Message
from tests.factories import NOW, World
from tests.staff.test_fees import manager
from waitlist.forms.contacting import ContactingForm
from waitlist.models import Clinic

pytestmark = pytest.mark.django_db


def typed(world, **fields):
    figures = {name: "" if value is None else value for name, value in ContactingForm.of(world.clinic).items()}
    return {**figures, "clinic": world.clinic.pk, **fields}


def post(world, **fields):
    return manager(world).post(reverse("contacting"), typed(world, **fields), follow=True).content.decode()


def test_a_manager_says_when_how_often_and_for_how_much(world: World):
    page = post(
        world, send_from="11:00", quiet_days="2026-12-25\n\n2027-01-01\n", offers_per_day=1, budget="150.50",
        text_cost="0.8", texts_per_second=10,
    )  # fmt: skip
    assert "Saved." in page
    world.clinic.refresh_from_db()
    clinic = world.clinic
    assert (clinic.send_from_minute, clinic.send_until_minute, clinic.offers_per_day) == (660, 1200, 1)
    assert clinic.quiet_days == [date(2026, 12, 25), date(2027, 1, 1)]
    assert (clinic.monthly_budget_cents, clinic.text_cost_mills, clinic.texts_per_second) == (15050, 8, 10)
    assert Entry.objects.filter(content_type__model="clinic", clinic_id=clinic.pk).exists()
    assert "150.5" in page and "2026-12-25" in page


def test_no_limit_is_no_limit_again(world: World):
    post(world, budget="10")
    world.clinic.refresh_from_db()
    assert world.clinic.monthly_budget_cents == 1000
    post(world, budget="")
    world.clinic.refresh_from_db()
    assert world.clinic.monthly_budget_cents is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"send_from": "07:30"}, "The law allows 8 AM to 9 PM"),
        ({"send_until": "21:15"}, "The law allows 8 AM to 9 PM"),
        ({"send_from": "15:00", "send_until": "14:00"}, "later than when it begins"),
        ({"quiet_days": "Christmas"}, "“Christmas” is no day such as 2026-12-25."),
        ({"offers_per_week": 1}, "not be less than in a day, 2"),
        ({"offers_per_month": 2}, "not be less than in 7 days, 3"),
        ({"offers_per_day": ""}, "This needs a number."),
        ({"budget": "much"}, "amount in dollars"),
        ({"text_cost": "x"}, "amount in cents"),
        ({"texts_per_second": 0}, "At least 1."),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(wrong, words, world: World):
    assert words in post(world, **wrong)
    before = ContactingForm.of(world.clinic)
    world.clinic.refresh_from_db()
    assert ContactingForm.of(world.clinic) == before


def test_a_preset_only_fills_the_form(world: World):
    page = manager(world).get(reverse("contacting"), {"preset": "midday"}).content.decode()
    assert 'value="11:00"' in page
    world.clinic.refresh_from_db()
    assert world.clinic.send_from_minute == 480


def test_it_says_what_the_month_has_cost(world: World):
    offer = world.offer(world.slot())
    type(world.clinic).objects.update(monthly_budget_cents=250)
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", contact_point=offer.patient.contact_points.get(),
        patient=offer.patient, offer=offer, slot=offer.slot, status="sent", dedupe_key="x", cost_mills=2495,
        next_attempt_at=NOW, created_at=timezone.now(),
    )  # fmt: skip
    page = manager(world).get(reverse("contacting")).content.decode()
    assert "$2.49" in page and "Nothing is left" in page
    assert "This month’s money for messages is spent" in manager(world).get(reverse("board")).content.decode()


def test_a_figure_above_what_the_page_takes_may_stay_but_not_grow(world: World):
    world.clinic.offers_per_day = world.clinic.offers_per_week = world.clinic.offers_per_month = 500
    world.clinic.save()
    assert "Saved." in post(world, budget="10")
    assert "At most 500." in post(world, offers_per_month=501)


@pytest.mark.parametrize("is_open_any_hour", [False, True])
def test_the_page_says_where_hours_do_not_hold(is_open_any_hour, world: World):
    Clinic.objects.filter(pk=world.clinic.pk).update(is_open_any_hour=is_open_any_hour)
    page = manager(world).get(reverse("contacting")).content.decode()
    assert ("go at any hour" in page) == is_open_any_hour
