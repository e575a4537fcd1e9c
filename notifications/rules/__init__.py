"""The rules of contact, each a function of its own: who may be told what, by which way, how often and when."""

from notifications.rules.caps import Spent, capped, over_cap, spent
from notifications.rules.hours import answer_by, next_open
from notifications.rules.permission import forbidden, in_conversation

__all__ = ["Spent", "answer_by", "capped", "forbidden", "in_conversation", "next_open", "over_cap", "spent"]
