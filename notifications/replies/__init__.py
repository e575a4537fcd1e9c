"""What people text back: understood, acted on, answered."""

from notifications.replies.acting import handle, unhandled
from notifications.replies.inbox import receive
from notifications.replies.meaning import Meaning, Said, carrier_answers, understand

__all__ = ["Meaning", "Said", "carrier_answers", "handle", "receive", "understand", "unhandled"]
