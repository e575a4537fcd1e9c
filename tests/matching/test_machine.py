"""Random commands against a whole clinic keep every promise: MACHINE=500 for a long run, SHRINK=1 for the least failing
one, STEPS=60 for longer ones."""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from matching.answering import booking
from tests.matching.machine import DONE, ClinicMachine

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("MACHINE", "8"))
on_machines = settings(
    max_examples=EXAMPLES,
    stateful_step_count=int(os.environ.get("STEPS", "25")),
    phases=list(Phase) if os.environ.get("SHRINK") else [Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.fixture(autouse=True)
def carrier(settings):
    settings.SMS_TRANSPORT = "simulator"


def test_random_commands_keep_every_promise():
    """What became of them is printed: a rule that never does anything would be seen there."""
    run_state_machine_as_test(ClinicMachine, settings=on_machines)
    print(*(f"{often:5} {what}" for what, often in sorted(DONE.items())), sep="\n")


def offers_stay_out(patch: pytest.MonkeyPatch) -> None:
    """The one write forgets those who were asked beside the winner."""
    patch.setattr(booking, "CLAIM", booking.CLAIM.replace("o.state = 'pending'", "o.state = 'pending' AND false"))


def test_control_offers_left_out_beside_the_winner_are_found(monkeypatch):
    offers_stay_out(monkeypatch)
    machine = seed(7)(type("offers_stay_out", (ClinicMachine,), {}))
    tries = settings(on_machines, max_examples=40, stateful_step_count=25, database=None, phases=[Phase.generate])
    with pytest.raises(AssertionError, match="still asked"):
        run_state_machine_as_test(machine, settings=tries)
