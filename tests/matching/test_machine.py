"""Random commands against a whole clinic keep every promise; MACHINE=500 for a long run."""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.matching.machine import DONE, ClinicMachine

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("MACHINE", "12"))
on_machines = settings(
    max_examples=EXAMPLES,
    stateful_step_count=int(os.environ.get("STEPS", "25")),
    deadline=None,
    phases=list(Phase) if os.environ.get("SHRINK") else [Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.fixture(autouse=True)
def carrier(settings):
    settings.SMS_TRANSPORT = "simulator"


def test_random_commands_keep_every_promise():
    run_state_machine_as_test(ClinicMachine, settings=on_machines)
    print(*sorted(DONE.items()), sep="\n")
