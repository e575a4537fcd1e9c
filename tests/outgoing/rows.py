"""Their rows, written in bulk as the acts would: slots, offers, and messages that wait in the outbox."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from matching.models import Offer, SentWave
from matching.policy import presets
from notifications import outbox
from notifications.models import ContactPoint, Message, PatientContact
from notifications.outbox import Route
from tests import factories
from tests.outgoing.cast import OFFERS_A_DAY, TEXTS_A_DAY, Part, Person, Waiting, midnight, noon
from waitlist.models import Patient, Practitioner, Slot, WaitlistEntry
from waitlist.states import OpenedBecause, SlotState

ASKED = 5  # for a slot, at most
PER_SECOND = 20  # what the carrier takes from each of these numbers
AT_NIGHT = (Part.NIGHT, Part.MORNING)


class House:
    """Clinics where it is noon and nobody is asked by waves; `part_of` says by message what each is there to show."""

    def __init__(self, clinics: int, *, now: datetime) -> None:
        self.zone, self.night = noon(now=now), midnight(now=now)
        self.worlds = [self._world(number) for number in range(clinics)]
        self.part_of: dict[str, Part] = {}
        self._starts = [self._hours(made, now + timedelta(days=2)) for made in self.worlds]

    def _world(self, number: int) -> factories.World:
        by_texts = number % 2 == 1  # there the ceiling on texts is met first, at the others that on offers
        made = factories.World(
            policy=presets.manual(), timezone=self.zone, sms_sender=f"+1415555{number:04d}",
            texts_per_second=PER_SECOND, offers_per_day=9 if by_texts else OFFERS_A_DAY, offers_per_week=9,
            offers_per_month=9, sms_per_day=TEXTS_A_DAY if by_texts else 9, mass_cancellation_count=1000,
        )  # fmt: skip
        made.location.state = ""
        made.location.save(update_fields=["state"])
        return made

    @staticmethod
    def _hours(world: factories.World, first: datetime) -> Iterator[tuple[Practitioner, datetime]]:
        """One after the other, a hundred of each practitioner."""
        while True:
            practitioner = factories.practitioner(world.clinic)
            yield from ((practitioner, first + timedelta(hours=n)) for n in range(100))

    def write(self, people: Sequence[Person], *, now: datetime) -> None:
        """Everything these people are to be told is in the outbox."""
        by_clinic = defaultdict(list)
        for one in people:
            by_clinic[one.clinic].append(one)
        for number, some in by_clinic.items():
            self._write(number, some, now=now)

    def _write(self, number: int, people: Sequence[Person], *, now: datetime) -> None:
        wishes = _wishes(self.worlds[number], people, self.night, now=now)
        points = dict(
            PatientContact.objects.filter(patient__in=[wish.patient_id for wish in wishes]).values_list(
                "patient_id", "contact_point_id"
            )
        )
        for turn in range(max(len(one.texts) for one in people)):
            rest = [(one, wish) for one, wish in zip(people, wishes, strict=True) if len(one.texts) > turn]
            for n in range(0, len(rest), ASKED):
                some = rest[n : n + ASKED]
                self._ask(number, [(one, wish, one.texts[turn]) for one, wish in some], points, now=now)

    def _ask(
        self, number: int, asked: list[tuple[Person, WaitlistEntry, Waiting]], points: dict[int, int], *,
        now: datetime,
    ) -> None:  # fmt: skip
        practitioner, starts_at = next(self._starts[number])
        slot = _slot(self.worlds[number], starts_at, practitioner, now=now)
        offers = Offer.objects.bulk_create(
            Offer(
                slot=slot, patient_id=wish.patient_id, entry=wish, wave=1, offered_at=now,
                expires_at=now + text.lasts,
            )
            for _, wish, text in asked
        )  # fmt: skip
        routes = [[Route(points[wish.patient_id], "sms", now + text.due_after)] for _, wish, text in asked]
        keys = dict(zip((offer.pk for offer in offers), (one.part for one, _, _ in asked), strict=True))
        outbox.enqueue_offers(slot, list(zip(offers, routes, strict=True)), now=now)
        for offer_id, public_id in Message.objects.filter(offer__in=offers).values_list("offer_id", "public_id"):
            self.part_of[str(public_id)] = keys[offer_id or 0]


def _slot(world: factories.World, starts_at: datetime, practitioner: Practitioner, *, now: datetime) -> Slot:
    slot = world.slot(
        starts_at, state=SlotState.OFFERING, wave=1, next_wave_at=None, opened_at=now,
        opened_because=OpenedBecause.BY_HAND, practitioner=practitioner,
    )  # fmt: skip
    SentWave.objects.create(slot=slot, number=1, step=0, sent_at=now, told_at=now, asked=ASKED)
    return slot


def _wishes(world: factories.World, people: Sequence[Person], night: str, *, now: datetime) -> list[WaitlistEntry]:
    """Patients with a phone that may be texted, and a wish."""
    patients = Patient.objects.bulk_create(
        Patient(
            clinic=world.clinic, first_name=f"P{one.number[-4:]}", last_name="Told", created_at=now,
            timezone=night if one.part in AT_NIGHT else world.clinic.timezone,
        )
        for one in people
    )  # fmt: skip
    points = ContactPoint.objects.bulk_create(
        ContactPoint(
            clinic=world.clinic, kind="phone", value=one.number, granted=["offers:sms"], created_at=now,
            stopped_at=now if one.part == Part.STOPPED else None,
        )
        for one in people
    )  # fmt: skip
    PatientContact.objects.bulk_create(
        PatientContact(patient=patient, contact_point=point) for patient, point in zip(patients, points, strict=True)
    )
    return WaitlistEntry.objects.bulk_create(
        WaitlistEntry(
            clinic=world.clinic, patient=patient, services=[world.service.pk], notice_minutes=60, added_at=now
        )
        for patient in patients
    )
