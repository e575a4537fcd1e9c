"""Every act that is struck."""

from tests.faults.acts import FIRST
from tests.faults.call_acts import CALLS
from tests.faults.consent_acts import CONSENT
from tests.faults.express_acts import EXPRESS
from tests.faults.later_acts import LATER
from tests.faults.mass_acts import MASSES
from tests.faults.outage_acts import OUTAGES
from tests.faults.staff_acts import STAFF
from tests.faults.still_acts import STILL
from tests.faults.visit_acts import VISITS

ACTS = FIRST | LATER | OUTAGES | MASSES | VISITS | STAFF | CONSENT | CALLS | STILL | EXPRESS
