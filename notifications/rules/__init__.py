"""The rules of contact, each a function of its own: who may be told what, by which way, how often and when.

docs/rules.md has a row for each.
"""

from notifications.rules.caps import OFFERS, PHONE, Spent, capped, over_cap, spent
from notifications.rules.hours import answer_by, mail_too_slow, next_open
from notifications.rules.launch import held_back
from notifications.rules.money import cost_mills, is_money_spent, left_mills, spent_mills, too_dear
from notifications.rules.permission import forbidden, in_conversation

__all__ = [
    "OFFERS",
    "PHONE",
    "Spent",
    "answer_by",
    "capped",
    "cost_mills",
    "forbidden",
    "held_back",
    "in_conversation",
    "is_money_spent",
    "left_mills",
    "mail_too_slow",
    "next_open",
    "over_cap",
    "spent",
    "spent_mills",
    "too_dear",
]
