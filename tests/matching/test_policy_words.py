"""A policy in words and as a picture."""

from dataclasses import replace

import pytest

from matching.policy import policy_words, presets
from matching.policy.policies import Policy, Wave
from matching.views.policy_timeline import timelines
from waitlist.states import Tier


@pytest.mark.parametrize(
    "wave, words, label",
    [
        (Wave(), "5 patients, the best matches first", "5"),
        (Wave(size=None), "all patients who can come", "all"),
        (Wave(size=1, repeat=True, order="fifo"),
         "one patient, whoever waits longest first, then the next, until nobody is left", "1 at a time"),
        (Wave(size=3, tiers=(Tier.PLATINUM, Tier.GOLD), min_score=40, repeat=True, order="value"),
         "3 Platinum or Gold patients with at least 40 points, whoever spent most in 12 months first, "
         "then the next 3, until nobody is left", "3 at a time Platinum + Gold ≥ 40"),
        (Wave(size=None, tiers=(Tier.GOLD,), channels=("email",), window_minutes=90),
         "all Gold patients, by e-mail only, 1 h 30 min to answer", "all Gold"),
        (Wave(channels=("sms", "voice", "whatsapp")),
         "5 patients, the best matches first, by text, call or WhatsApp only", "5"),
    ],
)  # fmt: skip
def test_a_wave(wave, words, label):
    assert policy_words.wave(wave) == words
    assert policy_words.label(wave) == label


@pytest.mark.parametrize(
    "policy, words",
    [
        (presets.manual(), "Nobody is asked by itself: staff choose each person."),
        (presets.staff_picks(), "Once staff start it, 5 patients are asked, the best matches first."),
        (presets.broadcast(), "All patients who can come are asked."),
        (replace(presets.broadcast(), offer_cutoff_minutes=90), "All patients who can come are asked. "
         "Nobody new is asked in the last 1 h 30 min in which a yes still counts."),
        (replace(presets.broadcast(), autopilot="approve"),
         "After 5 min for staff to step in, all patients who can come are asked."),
        (Policy("later", short=(), long=(Wave(), Wave(3000, size=None))),
         "For a start within 24 hours, nobody is asked by itself; for a later one, 2 waves within 2 days 2 h: "
         "first 5 patients, at last everybody who can come."),
    ],
)  # fmt: skip
def test_a_policy_in_one_sentence(policy, words):
    assert policy_words.summary(policy) == words


def test_plans_that_are_the_same_are_one_picture():
    assert [line.head for line in timelines(presets.scored())] == ["Whenever it starts"]
    two = timelines(replace(presets.scored(), long_buffer_minutes=10))
    assert [line.head for line in two] == ["Start within 24 hours", "Later start"]


def test_the_picture_keeps_to_scale():
    policy = replace(
        presets.tiered(), autopilot="approve", undo_delay_minutes=5, short_buffer_minutes=10, exclusive_minutes=5
    )
    short, long = timelines(policy)
    assert [(band.kind, band.x, band.width) for band in short.bands] == [
        ("undo", "5.00%", "12.86%"),
        ("buffer", "17.86%", "25.71%"),
        ("approve", "43.57%", "12.86%"),
        ("exclusive", "56.43%", "12.86%"),
    ]
    assert [mark.x for mark in short.marks] == ["56.43%", "69.29%", "95.00%"]
    assert [mark.when for mark in short.marks] == ["after 20 min", "after 25 min", "after 35 min"]
    assert [tick.text for tick in short.ticks] == ["0 min", "10 min", "20 min", "30 min"]
    assert [tick.text for tick in long.ticks] == ["0 min", "2 h", "4 h", "6 h"]
    assert "wave 1 after 20 min: 5 Platinum" in short.words


@pytest.mark.parametrize("minutes", [0, 1, 14, 60, 1439, 10_080])
def test_an_axis_has_a_few_ticks_whatever_its_length(minutes):
    waves = (Wave(), Wave(minutes)) if minutes else (Wave(),)
    (line,) = timelines(Policy("any", short=waves, long=waves))
    assert 2 <= len(line.ticks) <= 5
