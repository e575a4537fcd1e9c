"""Numbers and addresses, what their users allowed, who looked there, and every message out and in."""

from notifications.models.contacts import Consent, ContactPoint, PatientContact
from notifications.models.inbound import InboundMessage
from notifications.models.joins import Join
from notifications.models.messages import Message, SimulatedCall, SimulatedText
from notifications.models.notices import Notice, NoticeChoice
from notifications.models.outages import Outage
from notifications.models.passcodes import Passcode
from notifications.models.senders import Sender
from notifications.models.templates import MessageTemplate

__all__ = [
    "Consent",
    "ContactPoint",
    "InboundMessage",
    "Join",
    "Message",
    "MessageTemplate",
    "Notice",
    "NoticeChoice",
    "Outage",
    "Passcode",
    "PatientContact",
    "Sender",
    "SimulatedCall",
    "SimulatedText",
]
