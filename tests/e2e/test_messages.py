"""Two hundred texts through a Twilio that bites while workers die: each once, none against a rule.

`make soak-messages` does it with ten thousand, and waits for leases and look-ups as long as they take.
"""

from dataclasses import replace

import pytest

from notifications.models import Message
from tests.outgoing.cast import Part
from tests.outgoing.run import BITES, Plan, run

pytestmark = pytest.mark.worker
FEW = Plan(texts=200, clinics=10, kill_at=(40, 110), patience_seconds=240, hurried=True)


def test_each_text_once_and_none_against_a_rule(make_stack):
    done = run(replace(FEW, bites=replace(BITES, outages=((4, 6),))), make_stack)
    top = done.verdict.top
    assert done.verdict.wrong == []
    assert done.settled and done.kills == 2
    assert top["messages"] == Message.objects.filter(channel="sms").count() >= FEW.texts
    assert top["accepted_once"] + done.verdict.counts["rightly_not_sent"] == top["messages"]
    assert set(done.verdict.by_part) == set(Part)
    assert done.befell["timeout"] and done.befell["too_many"]


def test_without_the_look_up_some_are_sent_twice(make_stack):
    """The control: the carrier's list is empty, so that whatever was not answered is sent again blindly."""
    bites = replace(BITES, timeout_after_accept=0.2, forgetful=True, outages=())
    done = run(replace(FEW, texts=100, kill_at=(), bites=bites), make_stack)
    assert done.verdict.top["accepted_twice"] > 5
