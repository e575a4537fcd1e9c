"""Who may be written to: numbers and addresses, and the ledger of what their users allowed (docs/consent.md)."""

from notifications.consent.ledger import record, renew, withdraw
from notifications.consent.lines import lock_line, lock_lines, on_one_line, start, stop
from notifications.consent.numbers import email, is_near, phone
from notifications.consent.persons import lock_ways, start_person, stop_offers, stop_person
from notifications.consent.points import attach, contact, whoever_uses

__all__ = [
    "attach",
    "contact",
    "email",
    "is_near",
    "lock_line",
    "lock_lines",
    "lock_ways",
    "on_one_line",
    "phone",
    "record",
    "renew",
    "start",
    "start_person",
    "stop",
    "stop_offers",
    "stop_person",
    "whoever_uses",
    "withdraw",
]
