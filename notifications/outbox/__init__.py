"""The outbox: what is to be told is a row, written with its cause and sent after commit, never twice."""

from notifications.outbox.again import may_go_again, send_again
from notifications.outbox.bookings import confirm, known_at, reachable, take_cancellation_back, tell_change, write_back
from notifications.outbox.chain import go_on, silent
from notifications.outbox.delivery import deliver, deliver_due, deliver_slot, due, due_of_slot
from notifications.outbox.endings import tell_end
from notifications.outbox.flight import fly
from notifications.outbox.follow_ups import follow_up, to_follow_up
from notifications.outbox.hangups import hung_up, settle, unheard
from notifications.outbox.moves import facts_of, tell_move
from notifications.outbox.outreach import no_answer, reached
from notifications.outbox.queue import (
    drop_offers_to,
    drop_unsent,
    enqueue,
    enqueue_news,
    enqueue_offers,
    offer_messages,
)
from notifications.outbox.receipts import receipt
from notifications.outbox.refusals import refuse
from notifications.outbox.ways import Route, Ways, answer_by, find_ways, still_hold

__all__ = [
    "Route",
    "Ways",
    "answer_by",
    "confirm",
    "deliver",
    "deliver_due",
    "deliver_slot",
    "drop_offers_to",
    "drop_unsent",
    "due",
    "due_of_slot",
    "enqueue",
    "enqueue_news",
    "enqueue_offers",
    "facts_of",
    "find_ways",
    "fly",
    "follow_up",
    "go_on",
    "hung_up",
    "known_at",
    "may_go_again",
    "no_answer",
    "offer_messages",
    "reachable",
    "reached",
    "receipt",
    "refuse",
    "send_again",
    "settle",
    "silent",
    "still_hold",
    "take_cancellation_back",
    "tell_change",
    "tell_end",
    "tell_move",
    "to_follow_up",
    "unheard",
    "write_back",
]
