"""What ranking reads of an entry stands in its own row, kept true by triggers whoever writes (ADR 8)."""

import django.core.validators
from django.db import migrations, models

DERIVE = """
CREATE FUNCTION waitlist_standing(clinic waitlist_clinic, answered int, accepted int, waited int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
    SELECT (clinic.weight_responsiveness * CASE WHEN answered = 0 THEN 100 * clinic.newcomer_percent
            ELSE 10000::bigint * accepted / answered END
        + clinic.weight_fairness * CASE WHEN clinic.max_waited_days = 0 THEN 0
            ELSE 10000::bigint * least(waited, clinic.max_waited_days) / clinic.max_waited_days END)::int
$$;

CREATE FUNCTION waitlist_entry_derive() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE clinic waitlist_clinic; windows int;
BEGIN
    SELECT * INTO clinic FROM waitlist_clinic WHERE id = NEW.clinic_id;
    NEW.standing := waitlist_standing(clinic, NEW.offers_answered, NEW.offers_accepted, NEW.waited_days);
    SELECT count(*), coalesce(bit_or(days), 0), min(from_minute), min(until_minute)
        INTO windows, NEW.days, NEW.from_minute, NEW.until_minute
        FROM waitlist_availability WHERE entry_id = NEW.id;
    IF windows <> 1 THEN
        NEW.from_minute := NULL;
        NEW.until_minute := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_derive BEFORE INSERT OR UPDATE ON waitlist_waitlistentry
    FOR EACH ROW EXECUTE FUNCTION waitlist_entry_derive();

CREATE FUNCTION waitlist_availability_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE waitlist_waitlistentry SET days = days WHERE id IN (SELECT entry_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER availability_added AFTER INSERT ON waitlist_availability
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION waitlist_availability_changed();
CREATE TRIGGER availability_edited AFTER UPDATE ON waitlist_availability
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION waitlist_availability_changed();
CREATE TRIGGER availability_removed AFTER DELETE ON waitlist_availability
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION waitlist_availability_changed();

CREATE FUNCTION waitlist_clinic_weighs_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM waitlist_waitlistentry WHERE clinic_id = NEW.id AND status IN ('active', 'paused')
        ORDER BY id FOR NO KEY UPDATE;
    UPDATE waitlist_waitlistentry SET standing = standing WHERE clinic_id = NEW.id AND status IN ('active', 'paused');
    RETURN NULL;
END $$;
CREATE TRIGGER clinic_weighs_anew AFTER UPDATE ON waitlist_clinic FOR EACH ROW
    WHEN ((OLD.weight_responsiveness, OLD.weight_fairness, OLD.newcomer_percent, OLD.max_waited_days)
        IS DISTINCT FROM (NEW.weight_responsiveness, NEW.weight_fairness, NEW.newcomer_percent, NEW.max_waited_days))
    EXECUTE FUNCTION waitlist_clinic_weighs_anew();

UPDATE waitlist_waitlistentry SET standing = 0;
"""
UNDO = """
DROP FUNCTION waitlist_entry_derive, waitlist_availability_changed, waitlist_clinic_weighs_anew CASCADE;
DROP FUNCTION waitlist_standing;
"""


class Migration(migrations.Migration):
    dependencies = [("waitlist", "0010_exclusive_access")]

    operations = [
        migrations.AddField("clinic", "email_lead_minutes", models.PositiveSmallIntegerField(default=120, validators=[django.core.validators.MaxValueValidator(10080)], help_text="Offers go by e-mail only this long before the start: it is read within hours.")),
        migrations.AddField("waitlistentry", "standing", models.PositiveIntegerField(default=0, editable=False, help_text="Responsiveness and fairness, weighed: what it scores for any slot. Kept by trigger.")),
        migrations.AddField("waitlistentry", "days", models.PositiveSmallIntegerField(default=0, editable=False, help_text="Of all its windows. Kept by trigger.")),
        migrations.AddField("waitlistentry", "from_minute", models.PositiveSmallIntegerField(null=True, editable=False, help_text="Of its only window; empty with several. Kept by trigger.")),
        migrations.AddField("waitlistentry", "until_minute", models.PositiveSmallIntegerField(null=True, editable=False, help_text="Of its only window; empty with several. Kept by trigger.")),
        migrations.RunSQL(DERIVE, UNDO),
        migrations.RemoveIndex("waitlistentry", "entry_waiting"),
        migrations.AddIndex("waitlistentry", models.Index(fields=["clinic", "-standing"], name="entry_ranked", condition=models.Q(status="active"))),
    ]
