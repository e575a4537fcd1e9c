"""What giving a time up costs: the boundaries of R18, to the minute and the cent."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.terms import Terms, share_of
from tests.factories import NOW
from waitlist.models import Clinic, Service
from waitlist.states import FeeRule

USUAL = Terms(grace_minutes=15, notice_minutes=1440, early_percent=50, late_percent=100)
SECOND = timedelta(seconds=1)
STARTS_IN = timedelta(hours=30)


def due(terms: Terms = USUAL, *, after: timedelta, starts_in: timedelta = STARTS_IN, price_cents: int = 32000):
    """What is due so long after the yes, for a visit that starts so long after it."""
    return terms.due(won_at=NOW, starts_at=NOW + starts_in, price_cents=price_cents, now=NOW + after)


@pytest.mark.parametrize(
    ("after", "rule", "cents"),
    [
        (timedelta(0), FeeRule.GRACE, 0),
        (timedelta(minutes=15) - SECOND, FeeRule.GRACE, 0),
        (timedelta(minutes=15), FeeRule.EARLY, 16000),  # the free minutes are over when they are over
        (timedelta(hours=6) - SECOND, FeeRule.EARLY, 16000),
        (timedelta(hours=6), FeeRule.EARLY, 16000),  # 24 hours to the second, in the patient's favour
        (timedelta(hours=6) + SECOND, FeeRule.LATE, 32000),
        (STARTS_IN, FeeRule.LATE, 32000),
    ],
)
def test_free_then_half_then_all(after, rule, cents):
    found = due(after=after)
    assert (found.rule, found.cents) == (rule, cents)


def test_claimed_inside_its_own_notice_it_is_free_at_first_and_then_all():
    soon = timedelta(hours=3)
    assert due(after=timedelta(minutes=14), starts_in=soon).cents == 0
    assert due(after=timedelta(minutes=15), starts_in=soon).cents == 32000


def test_the_free_minutes_end_with_the_start():
    assert due(after=timedelta(minutes=5), starts_in=timedelta(minutes=5)).rule == FeeRule.LATE


@pytest.mark.parametrize(
    ("cents", "percent", "share"), [(0, 50, 0), (1, 50, 1), (333, 50, 167), (99, 1, 1), (49, 1, 0)]
)
def test_half_a_cent_is_rounded_up(cents, percent, share):
    assert share_of(cents, percent) == share


def test_a_service_has_its_own_notice_even_none_at_all():
    clinic = Clinic()
    assert Terms.of(clinic, Service()) == USUAL
    assert Terms.of(clinic, Service(cancel_notice_minutes=2880)).notice_minutes == 2880
    assert Terms.of(clinic, Service(cancel_notice_minutes=0)).notice_minutes == 0


@given(
    grace=st.integers(0, 60),
    notice=st.integers(0, 5000),
    percents=st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted),
    price=st.integers(0, 10**7),
    starts_in=st.integers(1, 10_000),
    moments=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)).map(sorted),
)
def test_it_never_gets_cheaper_and_never_costs_more_than_the_price(grace, notice, percents, price, starts_in, moments):
    terms = Terms(grace, notice, *percents)
    first, second = (
        due(terms, after=timedelta(minutes=at), starts_in=timedelta(minutes=starts_in), price_cents=price)
        for at in moments
    )
    assert 0 <= first.cents <= second.cents <= price
    assert (first.rule == FeeRule.GRACE) == (moments[0] < min(grace, starts_in))
