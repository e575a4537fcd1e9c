"""The outbox: what is to be told is a row, written with its cause and sent after commit, never twice."""

from notifications.outbox.bookings import confirm, write_back
from notifications.outbox.delivery import deliver, deliver_due, due, due_of_slot
from notifications.outbox.queue import drop_unsent, enqueue, enqueue_news, enqueue_offers
from notifications.outbox.receipts import receipt
from notifications.outbox.ways import Route, answer_by, routes

__all__ = [
    "Route",
    "answer_by",
    "confirm",
    "deliver",
    "deliver_due",
    "drop_unsent",
    "due",
    "due_of_slot",
    "enqueue",
    "enqueue_news",
    "enqueue_offers",
    "receipt",
    "routes",
    "write_back",
]
