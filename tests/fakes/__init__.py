"""The outside world in small: a Twilio, a calendar and a mail server, each a real server on a port of its own."""

from tests.fakes.bites import Bites
from tests.fakes.calendar import FakeCalendar
from tests.fakes.mail import FakeMailServer
from tests.fakes.moody_mail import MoodyMailServer
from tests.fakes.twilio import FakeTwilio

__all__ = ["Bites", "FakeCalendar", "FakeMailServer", "FakeTwilio", "MoodyMailServer"]
