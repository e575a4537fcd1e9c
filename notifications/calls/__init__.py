"""An automated call, from picking up to hanging up, whoever carries it: Twilio, or the demo's own phones."""

from notifications.calls.keys import press
from notifications.calls.talk import SILENCE, Spoken, Stage, ended, find, pick_up

__all__ = ["SILENCE", "Spoken", "Stage", "ended", "find", "pick_up", "press"]
