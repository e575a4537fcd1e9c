"""A waitlist of any length for benchmarks, written by SQL in seconds: one clinic, or many of uneven size."""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from matching.models import PolicyVersion
from waitlist.models import Clinic, Location, Practitioner, Service, Slot
from waitlist.states import OpenedBecause

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # a Monday, 10:00 in Los Angeles
SPECIALTIES = ("skin", "skin", "laser", "laser", "", "")
SERVICES = 12
LONGEST_WAIT_DAYS = 180


def clinic(number: int) -> Clinic:
    """A clinic with a place, six practitioners, twelve services in pairs that may stand in for each other, and a
    thirteenth that may stand in for all of them and that nobody asks for by name."""
    made = Clinic.objects.create(
        name=f"Clinic {number}", slug=f"clinic-{number}", phone="+14155550100", timezone="America/Los_Angeles",
        max_waited_days=LONGEST_WAIT_DAYS,
    )  # fmt: skip
    made.policy = PolicyVersion.objects.create(
        clinic=made, name="scored", version=1, document={"name": "scored", "short": [], "long": []}, created_at=NOW
    )
    made.save(update_fields=["policy"])
    Location.objects.create(clinic=made, name="Here", state="CA", latitude=34.05, longitude=-118.24)
    Practitioner.objects.bulk_create(
        Practitioner(clinic=made, name=f"Dr {n}", specialty=specialty) for n, specialty in enumerate(SPECIALTIES)
    )
    services = Service.objects.bulk_create(
        Service(clinic=made, name=f"Service {n}", minutes=(30, 45)[n % 2], price_cents=20_000) for n in range(SERVICES)
    )
    for first, second in zip(services[::2], services[1::2], strict=True):
        first.compatible.add(second)
    Service.objects.create(clinic=made, name="Nobody's first wish", minutes=45).compatible.add(*services)
    return made


def fill(of: Clinic, entries: int) -> None:
    """This many active entries, each of a patient of their own, mixed as a med-spa's list is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        facts = {"clinic": of.pk, "n": entries, "now": NOW, "longest": LONGEST_WAIT_DAYS}
        for statement in _FILL:
            cursor.execute(statement, facts)


_FILL = (
    """CREATE TEMP TABLE drawn AS SELECT n, nextval('waitlist_patient_id_seq') AS patient_id,
           nextval('waitlist_waitlistentry_id_seq') AS entry_id,
           nextval('notifications_contactpoint_id_seq') AS point_id,
           random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f, random() AS g,
           random() AS h, least(%(longest)s, (-30 * ln(1 - random() * .999))::int) AS waited,
           CASE WHEN random() < .5 THEN 0 ELSE floor(random() * 8)::int END AS answered
       FROM generate_series(1, %(n)s) n""",
    """CREATE TEMP TABLE ids AS SELECT
           (SELECT array_agg(id ORDER BY id) FROM waitlist_service WHERE clinic_id = %(clinic)s) AS services,
           (SELECT array_agg(id ORDER BY id) FROM waitlist_practitioner WHERE clinic_id = %(clinic)s) AS team""",
    """INSERT INTO waitlist_patient (id, clinic_id, external_id, first_name, last_name, language, timezone, state,
           latitude, longitude, visits, past_visits, spend_cents, show_rate, tier, tier_reason, preferred_channel,
           created_at)
       SELECT patient_id, %(clinic)s, '', 'P' || n, '', 'en', '', '',
           CASE WHEN a < .7 THEN 34.05 + (b - .5) * .5 END, CASE WHEN a < .7 THEN -118.24 + (c - .5) * .5 END,
           0, 0, (d * 400000)::int, 100,
           CASE WHEN e < .1 THEN '1platinum' WHEN e < .35 THEN '2gold' ELSE '3silver' END, '', 'sms', %(now)s
       FROM drawn""",
    """INSERT INTO notifications_contactpoint (id, clinic_id, kind, value, sms_capability, granted, stopped_at,
           created_at)
       SELECT point_id, %(clinic)s, 'phone', '+1' || (2000000000 + point_id), 'unknown',
           CASE WHEN h < .95 THEN '{offers:sms}' ELSE '{}' END::varchar[], CASE WHEN h > .98 THEN %(now)s END, %(now)s
       FROM drawn""",
    """INSERT INTO notifications_patientcontact (patient_id, contact_point_id, position)
       SELECT patient_id, point_id, 0 FROM drawn""",
    # Before their entries, whose rows are then made with them at once.
    """INSERT INTO waitlist_availability (entry_id, days, from_minute, until_minute)
       SELECT entry_id, CASE WHEN a < .3 THEN 127 WHEN a < .6 THEN 31 ELSE 1 + floor(b * 127)::int END,
           CASE WHEN c < .4 THEN 0 ELSE 480 + 60 * floor(d * 7)::int END,
           CASE WHEN c < .4 THEN 1440 ELSE 900 + 60 * floor(e * 6)::int END
       FROM drawn
       UNION ALL SELECT entry_id, 96, 540, 1020 FROM drawn WHERE g > .8""",
    """INSERT INTO waitlist_waitlistentry (id, clinic_id, patient_id, status, services, practitioners,
           excluded_practitioners, max_travel_minutes, notice_minutes, earliest_on, latest_on, priority,
           offers_received, offers_answered, offers_accepted, waited_days, standing, days, note, added_at)
       SELECT entry_id, %(clinic)s, patient_id, 'active',
           CASE WHEN a < .6 THEN ARRAY[services[1 + floor(b * 12)::int]]
                ELSE ARRAY[services[1 + floor(b * 6)::int], services[7 + floor(c * 6)::int]] END,
           CASE WHEN d < .6 THEN '{}' ELSE ARRAY[team[1 + floor(e * 6)::int]] END,
           CASE WHEN g < .05 THEN ARRAY[team[1 + floor(f * 6)::int]] ELSE '{}' END,
           (ARRAY[NULL, 20, 30, 45, 60])[1 + floor(c * 5)::int],
           (ARRAY[60, 120, 120, 240, 1440])[1 + floor(d * 5)::int],
           CASE WHEN e > .95 THEN (%(now)s::timestamptz + interval '2 days')::date END,
           CASE WHEN e < .05 THEN (%(now)s::timestamptz + interval '20 days')::date END, '',
           answered, answered, (h * answered)::int, waited, 0, 0, '',
           %(now)s::timestamptz - waited * interval '1 day' - n * interval '1 second'
       FROM drawn, ids""",
    # Every fifth has a visit to come, every tenth was asked lately.
    """INSERT INTO waitlist_appointment (clinic_id, location_id, practitioner_id, service_id, patient_id, starts_at,
           ends_at, price_cents, status, external_id, version, is_exclusive, cancel_reason, created_at)
       SELECT %(clinic)s, (SELECT id FROM waitlist_location WHERE clinic_id = %(clinic)s), team[1 + n %% 6],
           services[1 + n %% 12], patient_id, %(now)s::timestamptz + (n %% 60) * interval '12 hours',
           %(now)s::timestamptz + (n %% 60) * interval '12 hours' + interval '30 minutes', 0, 'booked',
           'b' || patient_id, 0, false, '', %(now)s
       FROM drawn, ids WHERE n %% 5 = 0""",
    """INSERT INTO notifications_message (public_id, clinic_id, kind, purpose, channel, contact_point_id, patient_id,
           dedupe_key, context, status, attempts, next_attempt_at, sent_at, text, error_code, refused_by, created_at)
       SELECT gen_random_uuid(), %(clinic)s, 'offer', 'offers', 'sms', point_id, patient_id, 'bench' || point_id, '{}',
           'delivered', 1, %(now)s, %(now)s::timestamptz - (n %% 40) * interval '1 day', '', '', '', %(now)s
       FROM drawn WHERE n %% 10 = 0""",
    """CREATE TEMP TABLE past AS SELECT nextval('waitlist_slot_id_seq') AS slot_id, n FROM generate_series(1, 20) n""",
    """INSERT INTO waitlist_slot (id, public_id, clinic_id, location_id, practitioner_id, service_id, starts_at,
           ends_at, price_cents, state, opened_at, opened_because, closed_because, policy_id, wave)
       SELECT slot_id, gen_random_uuid(), c.id, (SELECT id FROM waitlist_location WHERE clinic_id = c.id), team[1],
           services[1], %(now)s::timestamptz - n * interval '1 day', %(now)s::timestamptz - n * interval '23 hours', 0,
           'expired', %(now)s, 'by_hand', 'past', c.policy_id, 1
       FROM past, ids, waitlist_clinic c WHERE c.id = %(clinic)s""",
    """INSERT INTO matching_offer (public_id, slot_id, patient_id, entry_id, wave, state, score, parts, offered_at,
           expires_at, answered_by, decline_reason)
       SELECT substr(md5(entry_id::text), 1, 8), slot_id, patient_id, entry_id, 1, 'expired', 0, '{}', %(now)s, %(now)s,
           '', ''
       FROM drawn JOIN past ON past.n = 1 + drawn.n %% 20 WHERE drawn.n %% 10 = 0 ON CONFLICT DO NOTHING""",
    "DROP TABLE past",
    "DROP TABLE drawn",
    "DROP TABLE ids",
)
TABLES = (
    "waitlist_patient", "notifications_contactpoint", "notifications_patientcontact", "waitlist_waitlistentry",
    "waitlist_availability", "waitlist_appointment", "notifications_message", "matching_offer", "waitlist_slot",
)  # fmt: skip


def settle() -> None:
    """What autovacuum would have done by the time a list is this long."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


def slot(of: Clinic, hours: float = 49, practitioner: int = 0, service: int = 0) -> Slot:
    """A live slot of the clinic this many hours from NOW."""
    chosen = of.services.order_by("pk")[service]
    starts_at = NOW + timedelta(hours=hours)
    return Slot.objects.create(
        clinic=of, location=of.locations.get(), practitioner=of.practitioners.order_by("pk")[practitioner],
        service=chosen, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=chosen.minutes),
        opened_at=NOW, opened_because=OpenedBecause.BY_HAND, policy=of.policy, next_wave_at=NOW,
    )  # fmt: skip
