"""What people text back: understood, acted on, answered."""

from notifications.replies.acting import handle, unhandled
from notifications.replies.inbox import receive
from notifications.replies.meaning import Meaning, Said, understand

__all__ = ["Meaning", "Said", "handle", "receive", "understand", "unhandled"]
