-- One wave of a slot, written at once under its lock. Every row was made ready, ids and all, before the lock was taken:
-- what is left for the time when claims have to wait is this statement.
WITH made AS (
    INSERT INTO matching_offer SELECT * FROM jsonb_populate_recordset(NULL::matching_offer, %(offers)s::jsonb)
    RETURNING entry_id
), wishes AS (
    UPDATE waitlist_waitlistentry e SET offers_received = e.offers_received + 1 FROM made WHERE e.id = made.entry_id
), told AS (
    INSERT INTO notifications_message
    SELECT * FROM jsonb_populate_recordset(NULL::notifications_message, %(messages)s::jsonb)
), lines AS (
    INSERT INTO audit_entry SELECT * FROM jsonb_populate_recordset(NULL::audit_entry, %(lines)s::jsonb)
), sent AS (
    INSERT INTO matching_sentwave (slot_id, number, step, sent_at, told_at, asked, excluded)
    VALUES (%(slot_id)s, %(number)s, %(step)s, %(now)s, %(told_at)s, %(asked)s, %(excluded)s::jsonb)
    ON CONFLICT (slot_id, number) DO UPDATE SET step = EXCLUDED.step, sent_at = EXCLUDED.sent_at,
        told_at = EXCLUDED.told_at, asked = EXCLUDED.asked, excluded = EXCLUDED.excluded
)
UPDATE waitlist_slot SET state = %(state)s, wave = %(wave)s, exclusive_until = %(exclusive_until)s,
    next_wave_at = %(next_wave_at)s,
    may_ask_at = CASE WHEN wave = 0 THEN least(may_ask_at, %(now)s) ELSE may_ask_at END
WHERE id = %(slot_id)s
