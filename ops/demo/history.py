"""The past week's openings, played through the product's own acts at the times they happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from audit.models import ActorKind
from audit.trail import Actor, acting
from matching import cascade, claims, offers, returns
from matching.choosing import ranking
from matching.models import Offer
from matching.states import DeclineReason
from notifications import rendering
from notifications.models import InboundMessage, Message
from notifications.states import Channel, MessageStatus
from ops.demo.clinics import staff_email
from ops.demo.info import candidates
from ops.demo.plans import FILLED, KEPT_EMPTY, RAN_OUT, ClinicPlan
from waitlist import schedule, writebacks
from waitlist.models import Appointment, Clinic, Connection, Slot, User, Writeback
from waitlist.states import AppointmentStatus, CancelledBy, Role

DAYS_BACK, DAYS_AHEAD = timedelta(days=6), timedelta(days=1)
SETTLED = timedelta(hours=2)  # a yes has come by then
ENOUGH = 12  # candidates: so that two waves find somebody
LEADS = {FILLED: (150, 240, 400, 1500), KEPT_EMPTY: (60, 300)}  # minutes from the cancellation to the start
REASONS = ("feeling unwell", "work came up", "travelling", "found another time", "")
OPEN_FROM_HOUR, OPEN_UNTIL_HOUR = 8, 18
STAY = [reason for reason in DeclineReason.values if reason != DeclineReason.NOT_NEEDED]  # they wait on
TASKS_LEFT = 1  # bookings nobody has entered in the calendar yet
TASKS_LEFT_FOR = timedelta(hours=2)  # or a demo would begin with a reproach


def play(plan: ClinicPlan, clinic: Clinic, random: Random, *, now: datetime) -> None:
    """Each ending of the plan once, oldest first; what was booked is in the calendar but for the last."""
    connection = Connection.objects.filter(clinic=clinic, source="standard").order_by("pk").first()
    calendar = Actor(kind=ActorKind.CONNECTION, ref=connection.pk if connection else None)
    for opened_at, appointment, ending in openings(plan, clinic, random, now=now):
        with acting(calendar):
            freed = schedule.cancel(
                appointment.pk,
                reason=random.choice(REASONS),
                by=CancelledBy.UNKNOWN,
                keep_empty=ending == KEPT_EMPTY,
                version=1,
                now=opened_at,
            ).slot
        if freed is not None and ending != KEPT_EMPTY:
            run(freed, random, until_claimed=ending == FILLED)
    owed = Writeback.objects.filter(clinic=clinic, status="task").order_by("pk")
    desk = User.objects.get(email=staff_email(Role.FRONT_DESK, clinic))
    with acting(Actor(kind=ActorKind.STAFF, user_id=desk.pk, user_email=desk.email)):
        for writeback in list(owed)[: -TASKS_LEFT or None]:
            writebacks.done(writeback, now=min(writeback.created_at + timedelta(minutes=25), now))
    this_morning = now - TASKS_LEFT_FOR
    owed.filter(created_at__lt=this_morning).update(created_at=this_morning, updated_at=this_morning)


def openings(
    plan: ClinicPlan, clinic: Clinic, random: Random, *, now: datetime
) -> Iterator[tuple[datetime, Appointment, str]]:
    """Which appointment was cancelled when, and how it ended, in the order it happened."""
    names = ("clinic__policy", "location__clinic", "practitioner", "service")
    booked = Appointment.objects.select_related(*names).filter(
        clinic=clinic,
        status=AppointmentStatus.BOOKED,
        starts_at__gt=now - DAYS_BACK,
        starts_at__lt=now + DAYS_AHEAD,
    )
    left = list(booked.order_by("starts_at", "pk"))
    random.shuffle(left)
    chosen = []
    for ending in plan.history:
        for appointment in left:
            lead = random.choice(LEADS.get(ending, (150, 180)))
            opened_at = appointment.starts_at - timedelta(minutes=lead, seconds=random.randrange(1, 60))
            over = appointment.starts_at < now if ending == RAN_OUT else opened_at < now - SETTLED
            likely = over and is_office_hour(opened_at, clinic)
            if likely and (ending != FILLED or candidates(appointment, now=opened_at) >= ENOUGH):
                chosen.append((opened_at, appointment, ending))
                left.remove(appointment)
                break
    yield from sorted(chosen, key=lambda one: one[0])


def is_office_hour(moment: datetime, clinic: Clinic) -> bool:
    return OPEN_FROM_HOUR <= moment.astimezone(clinic.zone).hour < OPEN_UNTIL_HOUR


def run(slot: Slot, random: Random, *, until_claimed: bool) -> None:
    """Wave after wave, with a no here and there, until somebody says yes or the time for it is over."""
    patience = random.choice((1, 1, 1, 2)) if until_claimed else 0
    while slot.is_live and slot.next_wave_at is not None:
        moment = slot.next_wave_at
        if not cascade.advance(slot.pk, now=moment) and not offers.pending(slot).exists():
            cascade.advance(slot.pk, now=ranking.answers_end_at(slot))
        carry(slot, random)
        asked = list(offers.pending(slot).filter(offered_at=moment).order_by("pk"))
        random.shuffle(asked)
        if len(asked) > 2:
            answer_no(asked.pop(), random, at=moment + timedelta(seconds=random.randint(40, 150)))
        slot.refresh_from_db()
        if asked and 0 < patience <= slot.wave:
            answer_yes(asked[0], random, at=moment + timedelta(seconds=random.randint(160, 560)))
            carry(slot, random)
            slot.refresh_from_db()


def answer_no(offer: Offer, random: Random, *, at: datetime) -> None:
    with acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        claims.decline(offer.pk, reason=random.choice(STAY), via="link", now=at)


def answer_yes(offer: Offer, random: Random, *, at: datetime) -> None:
    """By the link, or by a text where the offer came as one; other offers to the winner are taken back."""
    told = offer.messages.filter(channel=Channel.SMS).order_by("pk").first()
    replies = told is not None and random.random() < 0.4
    with acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        if replies and told is not None and told.contact_point is not None:
            InboundMessage.objects.create(
                clinic=told.clinic,
                contact_point=told.contact_point,
                channel=Channel.SMS,
                provider_id=f"demo-{random.getrandbits(96):024x}",
                text=random.choice(("YES", "Yes please", "yes")),
                meaning="yes",
                offer=offer,
                received_at=at,
                handled_at=at,
            )
        claims.claim(offer.pk, via="reply" if replies else "link", now=at)
    returns.tidy(offer.pk, now=at)


def carry(slot: Slot, random: Random) -> None:
    """What the carrier did with this slot's messages back then."""
    messages = list(Message.objects.filter(slot=slot, status=MessageStatus.PENDING).order_by("pk"))
    for message in messages:
        message.text = rendering.render(message)
        message.status = MessageStatus.DELIVERED
        message.attempts = 1
        message.sent_at = message.next_attempt_at + timedelta(milliseconds=random.randint(180, 700))
        message.delivered_at = message.sent_at + timedelta(milliseconds=random.randint(900, 5_000))
        message.provider_id = f"demo-{random.getrandbits(96):024x}"
    fields = ["text", "status", "attempts", "sent_at", "delivered_at", "provider_id"]
    Message.objects.bulk_update(messages, fields)
