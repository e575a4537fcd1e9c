"""Why people are not asked: counts, and what-ifs that are true when tried."""

from datetime import timedelta

import pytest

from matching.choosing import ranking, reasons
from matching.choosing.reasons import WhatIf
from tests import factories
from tests.factories import NOW, World
from tests.matching import random_clinic
from waitlist.models import Clinic, WaitlistEntry

pytestmark = pytest.mark.django_db


def test_nobody_waits():
    assert reasons.why_not(World().slot(), now=NOW) == reasons.WhyNot({}, [])


def test_half_the_notice_lets_people_in():
    world = World()
    slot = world.slot(NOW + timedelta(minutes=60))
    for minutes in (60, 90, 120, 121):
        world.entry(notice_minutes=minutes)
    found = reasons.why_not(slot, now=NOW)
    assert found.counts == {"eligible": 1, "short_notice": 3}
    assert found.what_if == [WhatIf("short_notice", now=121, then=61, more=3)]
    WaitlistEntry.objects.filter(notice_minutes=121).update(notice_minutes=122)
    assert reasons.why_not(slot, now=NOW).what_if == [WhatIf("short_notice", now=120, then=60, more=2)]


def test_hours_travel_and_caps_each_by_one_step():
    world = World(offers_per_day=0)
    world.location.latitude, world.location.longitude = 34.05, -118.24
    world.location.save()
    slot = world.slot()  # 16:00 in Los Angeles
    world.entry(availability=[(factories.ALL_WEEK, 8 * 60, 15 * 60)])  # ends 105 minutes too early
    far = factories.patient(world.clinic, latitude=34.30, longitude=-118.24)  # 41 minutes away
    world.entry(far, max_travel_minutes=30)
    assert {one.filter: one.more for one in reasons.why_not(slot, now=NOW).what_if} == {}, "the cap keeps both out too"
    Clinic.objects.filter(pk=world.clinic.pk).update(offers_per_day=1)
    slot.clinic.refresh_from_db()
    assert reasons.why_not(slot, now=NOW).what_if == [
        WhatIf("another_time", now=60, then=120, more=1),
        WhatIf("too_far", now=0, then=15, more=1),
    ]
    Clinic.objects.filter(pk=world.clinic.pk).update(offers_per_day=0)
    slot.clinic.refresh_from_db()
    world.entry()
    world.entry()
    assert reasons.why_not(slot, now=NOW).what_if == [WhatIf("over_cap", now=0, then=1, more=2)]


def test_one_open_offer_more_at_once():
    world = World(max_live_offers=1)
    entry = world.entry()
    world.offer(world.slot(NOW + timedelta(days=9)), entry)
    found = reasons.why_not(world.slot(), now=NOW)
    assert found.what_if == [WhatIf("enough_offers", now=1, then=2, more=1)]


@pytest.mark.parametrize("seed", range(12))
def test_what_a_what_if_promises_of_the_clinics_own_limits_comes_true(seed):
    world = random_clinic.draw(seed)
    slot = world.slot(NOW + timedelta(hours=26))
    found = reasons.why_not(slot, now=NOW)
    for one in found.what_if:
        if one.filter == "enough_offers":
            slot.clinic.max_live_offers = one.then
            assert ranking.excluded(slot, now=NOW)["eligible"] == found.counts.get("eligible", 0) + one.more
            slot.clinic.max_live_offers = one.now
