"""The outbox: what is to be told is a row, written with its cause and sent after commit, never twice."""

from notifications.outbox.bookings import confirm, known_at, reachable, take_cancellation_back, tell_change, write_back
from notifications.outbox.delivery import deliver, deliver_due, deliver_slot, due, due_of_slot
from notifications.outbox.endings import tell_end
from notifications.outbox.flight import fly
from notifications.outbox.queue import drop_unsent, enqueue, enqueue_news, enqueue_offers, offer_messages
from notifications.outbox.receipts import receipt
from notifications.outbox.ways import Route, Ways, answer_by, find_ways, still_hold

__all__ = [
    "Route",
    "Ways",
    "answer_by",
    "confirm",
    "deliver",
    "deliver_due",
    "deliver_slot",
    "drop_unsent",
    "due",
    "due_of_slot",
    "enqueue",
    "enqueue_news",
    "enqueue_offers",
    "find_ways",
    "fly",
    "known_at",
    "offer_messages",
    "reachable",
    "receipt",
    "still_hold",
    "take_cancellation_back",
    "tell_change",
    "tell_end",
    "write_back",
]
