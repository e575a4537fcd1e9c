"""Every act that is struck."""

from tests.faults.acts import FIRST
from tests.faults.later_acts import LATER

ACTS = FIRST | LATER
