"""One day at one place: visits, open times and gaps, and a gap that becomes an opening."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.factories import World
from waitlist import dayplan
from waitlist.models import Closure, Slot

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def monday() -> date:
    """One to come, at least a week ahead."""
    today = timezone.now().date()
    return today + timedelta(days=14 - today.weekday())


def at(world: World, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(monday(), time(hour, minute), world.location.zone).astimezone(UTC)


def blocks(world: World) -> list[tuple[int, int, str]]:
    """What stands in the practitioner's column: from which hour, how many minutes, what."""
    found = dayplan.columns(world.location, monday())[world.practitioner]
    names = ["gap" if one.is_gap else " and ".join(type(item).__name__ for item in one.items) for one in found]
    hours = [one.starts_at.astimezone(world.location.zone).hour for one in found]
    lengths = [one.length // timedelta(minutes=1) for one in found]
    return list(zip(hours, lengths, names, strict=True))


def page_of(staff: Client, **more: object) -> str:
    return staff.get(reverse("day"), {"date": monday().isoformat(), **more}).content.decode()


def test_visits_openings_closures_and_what_is_between(world: World):
    world.appointment(at(world, 8))
    world.slot(at(world, 10))
    world.appointment(at(world, 10, 50))  # five minutes later: no gap
    Closure.objects.create(clinic=world.clinic, reason="Lunch", starts_at=at(world, 12), ends_at=at(world, 13))
    assert blocks(world) == [
        (8, 45, "Appointment"),
        (8, 75, "gap"),
        (10, 45, "Slot"),
        (10, 45, "Appointment"),
        (11, 25, "gap"),
        (12, 60, "Closure"),
        (13, 420, "gap"),
    ]


def test_a_days_own_hours_bound_its_gaps(world: World):
    world.location.day_hours = {str(monday().weekday()): [600, 840]}
    world.location.save()
    assert blocks(world) == [(10, 240, "gap")]


def test_what_is_promised_twice_stands_together(world: World):
    world.appointment(at(world, 9))
    world.appointment(at(world, 9, 30), is_exclusive=False)
    assert (9, 75, "Appointment and Appointment") in blocks(world)


def test_other_places_other_clinics_and_what_was_cancelled(staff: Client, world: World):
    other, elsewhere = World(), factories.location(world.clinic, name="Uptown")
    busy, away = factories.practitioner(world.clinic), factories.practitioner(world.clinic)
    other.appointment(at(world, 9))
    world.appointment(at(world, 9), status="cancelled", cancelled_at=timezone.now())
    world.appointment(at(world, 9), practitioner=away, location=elsewhere)
    world.appointment(at(world, 9), practitioner=busy, location=elsewhere)
    world.appointment(at(world, 14), practitioner=busy)
    found = dayplan.columns(world.location, monday())
    assert set(found) == {world.practitioner, busy}
    assert [one.is_gap for one in found[world.practitioner]] == [True]
    assert "At another place" in page_of(staff, location=world.location.pk)
    assert away.name in page_of(staff, location=elsewhere.pk)


def test_every_column_is_full_from_the_first_row_to_the_last(world: World):
    other = factories.practitioner(world.clinic)
    world.appointment(at(world, 7))  # before they open
    world.appointment(at(world, 9), practitioner=other)
    table = dayplan.rows(dayplan.columns(world.location, monday()))
    for one in (world.practitioner, other):
        assert sum(cell.rows for row in table for cell in row.cells if cell.practitioner == one) == len(table)


def test_a_day_on_which_nobody_works(world: World, staff: Client):
    world.location.open_days = 0
    world.location.save()
    assert "Nothing on this day" in page_of(staff)


@pytest.mark.parametrize("said", ["", "tomorrow", "9999-99-99", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_is_today(said: str, staff: Client):
    page = staff.get(reverse("day"), {"date": said, "location": "none"})
    assert page.status_code == 200
    assert page.context["is_today"]


def test_a_gap_that_has_begun_is_free_from_now_on(world: World):
    other = factories.practitioner(world.clinic)
    world.appointment(at(world, 12), practitioner=other, ends_at=at(world, 13))
    found = dayplan.as_of(dayplan.columns(world.location, monday()), at(world, 12, 35))
    opens, closes = dayplan.opening(world.location, monday())
    halves = [(opens, at(world, 12, 35)), (at(world, 12, 35), closes)]
    assert [(one.starts_at, one.ends_at) for one in found[world.practitioner]] == halves
    assert (at(world, 12), at(world, 13)) in [(one.starts_at, one.ends_at) for one in found[other]], "a visit goes on"
    table = dayplan.rows(found, at(world, 12, 35))
    assert [row.starts_at for row in table if row.is_now] == [at(world, 12, 35)]
    for one in (world.practitioner, other):
        assert sum(cell.rows for row in table for cell in row.cells if cell.practitioner == one) == len(table)


def test_today_has_a_line_where_it_is_now(staff: Client, world: World):
    local = timezone.now().astimezone(world.location.zone)
    if not 1 <= local.hour < 23:  # not around midnight, when its day has too little left
        world.location.timezone = "Asia/Tokyo"
        local = timezone.now().astimezone(world.location.zone)
    today = local.date()
    world.location.day_hours = {str(day): [0, 1440] for day in range(7)}
    world.location.save()
    assert "Now, " in staff.get(reverse("day")).content.decode()
    assert "Now, " not in staff.get(reverse("day"), {"date": today + timedelta(days=1)}).content.decode()
    assert "Now, " not in page_of(staff)


def test_a_gap_no_service_fits_in_is_not_opened(staff: Client, world: World):
    world.appointment(at(world, 8), ends_at=at(world, 9))
    world.appointment(at(world, 9, 30), ends_at=at(world, 20))
    world.location.day_hours = {str(monday().weekday()): [480, 1200]}
    world.location.save()
    assert world.service.minutes == 45
    page = page_of(staff)
    assert "Free, 30 min" in page and "Open it" not in page
    factories.service(world.clinic, minutes=30)
    assert page_of(staff).count("Open it") == 1
    world.clinic.services.update(retired_at=timezone.now())
    assert "Open it" not in page_of(staff)


@committed
def test_a_gap_becomes_an_opening_with_the_form_filled_in(staff: Client, world: World):
    world.appointment(at(world, 8))
    who = f"practitioner={world.practitioner.pk}&location={world.location.pk}"
    asked = f"?{who}&day={monday().isoformat()}&starts=08:45"
    assert asked.replace("&", "&amp;") in page_of(staff)
    form = staff.get(f"{reverse('opening-new')}{asked}").context["form"]
    assert not Slot.objects.exists()
    staff.post(reverse("opening-new"), form.initial | {"service": world.service.pk})
    assert Slot.objects.get().starts_at == at(world, 8, 45)


def test_an_update_is_only_the_inner_part(staff: Client, world: World):
    answer = staff.get(reverse("day"), headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_num_queries):
    def one_more(hour: int) -> None:
        world.appointment(at(world, hour), patient=factories.patient(world.clinic))
        world.slot(at(world, hour, 45), practitioner=factories.practitioner(world.clinic))

    one_more(8)
    page_of(staff)
    with django_assert_num_queries(11):
        page_of(staff)
    one_more(9)
    one_more(11)
    with django_assert_num_queries(11):
        page_of(staff)
