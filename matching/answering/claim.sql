-- One patient gets the slot, everybody else is told, the calendar is owed a word: one write on one snapshot,
-- taken after the slot was locked. No row returned means that the slot or the offer was no longer free: roll back.
-- The locked slot makes this alone with its offers; the unique index and the exclusion constraints are the last judge.
WITH before AS (
    -- silence or a no was counted when it happened: a late yes is no second answer, and staff's word is none of theirs
    SELECT (state IN ('pending', 'retracted') AND %(via)s::text <> 'staff')::int AS unanswered,
        (state <> 'returned' AND %(via)s::text <> 'staff')::int AS yes
    FROM matching_offer WHERE id = %(offer_id)s
), won AS (
    UPDATE matching_offer SET state = 'accepted', answered_at = %(now)s, answered_by = %(via)s::text
    WHERE id = %(offer_id)s AND slot_id = %(slot_id)s AND state = ANY (%(claimable)s::varchar[])
        -- a wish that still holds a later visit is a swap, which cancels that visit before this (swaps.py)
        AND NOT EXISTS (SELECT FROM waitlist_waitlistentry e JOIN waitlist_appointment held ON held.id = e.later_visit_id
            WHERE e.id = entry_id AND held.status <> 'cancelled')
        -- whoever was sent a booking link accepts the clinic's terms with it (accepted.py); staff may book them without
        AND (link_sent_at IS NULL OR %(via)s::text = 'staff' OR %(accepts)s = 1)
    RETURNING id, patient_id, entry_id
), wish AS (
    UPDATE waitlist_waitlistentry e SET status = 'booked', paused_until = NULL, closes_at = NULL,
        still_asked_at = NULL, silent_since = NULL,
        offers_accepted = e.offers_accepted + before.yes,
        offers_answered = greatest(e.offers_answered + before.unanswered, e.offers_accepted + before.yes)
    FROM won, before WHERE e.id = won.entry_id AND e.status IN ('active', 'paused')
    RETURNING e.id
), visit AS (
    INSERT INTO waitlist_appointment (clinic_id, location_id, practitioner_id, service_id, patient_id, starts_at,
        ends_at, price_cents, status, external_id, version, is_exclusive, cancel_reason, created_at)
    SELECT s.clinic_id, s.location_id, s.practitioner_id, s.service_id, won.patient_id, s.starts_at,
        s.ends_at, s.price_cents, 'booked', gen_random_uuid()::text, 0, true, '', %(now)s
    FROM won, waitlist_slot s WHERE s.id = %(slot_id)s AND s.state IN ('open', 'offering', 'held')
        -- one wish is booked once, however many links of it are tapped; staff know what they do
        AND (won.entry_id IS NULL OR %(via)s::text = 'staff' OR EXISTS (SELECT FROM wish)
            OR EXISTS (SELECT FROM waitlist_waitlistentry e WHERE e.id = won.entry_id AND e.status = 'removed'))
    RETURNING id, clinic_id, patient_id
), slot AS (
    UPDATE waitlist_slot s SET state = 'filled', filled_by_id = visit.id, filled_at = %(now)s,
        known_at = %(known_at)s, next_wave_at = NULL, held_by_id = NULL, held_until = NULL
    FROM visit WHERE s.id = %(slot_id)s
    RETURNING s.id, s.clinic_id
), others AS (
    UPDATE matching_offer o
    SET state = CASE WHEN o.expires_at > %(now)s THEN 'retracted' ELSE 'expired' END
    FROM slot WHERE o.slot_id = slot.id AND o.id <> %(offer_id)s AND o.state = 'pending'
    RETURNING o.id, o.patient_id, o.state, o.rounds
), owed AS (
    INSERT INTO waitlist_writeback (clinic_id, appointment_id, connection_id, kind, status, detail, created_at, updated_at)
    SELECT visit.clinic_id, visit.id, c.id, 'booked', CASE WHEN c.id IS NULL THEN 'task' ELSE 'queued' END, '',
        %(now)s, %(now)s
    FROM visit LEFT JOIN waitlist_connection c
        ON c.clinic_id = visit.clinic_id AND c.is_active AND c.writeback_url <> ''
    RETURNING id, clinic_id, appointment_id, connection_id
), unsent AS (
    UPDATE notifications_message m SET status = 'dropped', refused_by = 'offer_over'
    FROM visit WHERE m.slot_id = %(slot_id)s AND m.kind = 'offer' AND m.status = 'pending'
    RETURNING m.id
), heard AS (
    -- who was called hears of it by text, and once
    SELECT DISTINCT ON (m.offer_id, way.channel) m.clinic_id, m.purpose, way.channel, m.contact_point_id, m.patient_id,
        m.offer_id, m.slot_id, m.round, m.context
    FROM others JOIN notifications_message m ON m.offer_id = others.id AND m.kind = 'offer'
        AND m.status IN ('sending', 'sent', 'delivered', 'unknown') AND m.channel <> 'staff'
        AND m.round = others.rounds, -- of somebody asked again as reserve, the last time
        LATERAL (SELECT CASE m.channel WHEN 'voice' THEN 'sms' ELSE m.channel END AS channel) way
    WHERE others.state = 'retracted'
    ORDER BY m.offer_id, way.channel, m.id
), news AS (
    INSERT INTO notifications_message (public_id, clinic_id, kind, purpose, channel, contact_point_id, patient_id,
        offer_id, slot_id, appointment_id, writeback_id, round, dedupe_key, context, not_after, status, attempts,
        next_attempt_at, text, error_code, refused_by, created_at)
    -- those who were told and could still have said yes
    SELECT gen_random_uuid(), m.clinic_id, 'retracted', m.purpose, m.channel, m.contact_point_id, m.patient_id,
        m.offer_id, m.slot_id, NULL::bigint, NULL::bigint, m.round,
        'retracted:' || m.offer_id || ':' || m.channel || CASE WHEN m.round > 1 THEN ':' || m.round ELSE '' END, m.context,
        (SELECT starts_at FROM waitlist_slot WHERE id = %(slot_id)s), 'pending', 0, %(now)s, '', '', '', %(now)s
    FROM heard m
    UNION ALL
    -- the winner, wherever they let us write to
    SELECT gen_random_uuid(), visit.clinic_id, 'booked', 'offers', way.channel, way.contact_point_id,
        visit.patient_id, won.id, %(slot_id)s, visit.id, NULL, 1, 'booked:' || won.id || ':' || visit.id || ':' || way.channel,
        told.context || jsonb_build_object('level', way.level),
        (SELECT starts_at FROM waitlist_slot WHERE id = %(slot_id)s), 'pending', 0, %(now)s, '', '', '', %(now)s
    FROM won, visit, LATERAL (
        SELECT m.context FROM notifications_message m WHERE m.offer_id = won.id AND m.kind = 'offer'
        ORDER BY m.id LIMIT 1
    ) told, LATERAL (
        SELECT DISTINCT ON (c.kind) c.id AS contact_point_id,
            CASE c.kind WHEN 'phone' THEN 'sms' ELSE 'email' END AS channel,
            -- how much it may say to its own readers (notifications.whom)
            CASE WHEN CASE c.kind WHEN 'phone' THEN 'detail:sms' ELSE 'detail:email' END = ANY (c.granted)
                AND (SELECT count(*) FROM notifications_patientcontact users WHERE users.contact_point_id = c.id) = 1
                THEN (SELECT content_level FROM waitlist_clinic WHERE id = c.clinic_id) ELSE 0 END AS level
        FROM notifications_patientcontact pc JOIN notifications_contactpoint c ON c.id = pc.contact_point_id
        WHERE pc.patient_id = won.patient_id AND {MAY_BE_CONFIRMED}
        ORDER BY c.kind, pc.position, pc.id
    ) way
    UNION ALL
    -- where they let us write nowhere, the rule that forbids it, for staff (outbox.refusals)
    SELECT gen_random_uuid(), visit.clinic_id, 'booked', 'offers', coalesce(first.channel, 'sms'), first.id,
        visit.patient_id, won.id, %(slot_id)s, visit.id, NULL, 1, 'booked:' || visit.id || ':untold', told.context,
        (SELECT starts_at FROM waitlist_slot WHERE id = %(slot_id)s), 'refused', 0, %(now)s, '', '', coalesce(first.rule, 'no_contact'), %(now)s
    FROM won JOIN visit ON true JOIN LATERAL (
        SELECT m.context FROM notifications_message m WHERE m.offer_id = won.id AND m.kind = 'offer'
        ORDER BY m.id LIMIT 1
    ) told ON true LEFT JOIN LATERAL (
        SELECT c.id, CASE c.kind WHEN 'phone' THEN 'sms' ELSE 'email' END AS channel,
            CASE WHEN c.stopped_at IS NOT NULL THEN 'stopped'
                WHEN c.kind = 'phone' AND c.sms_capability = 'no' THEN 'takes_no_texts' ELSE 'no_consent' END AS rule
        FROM notifications_patientcontact pc JOIN notifications_contactpoint c ON c.id = pc.contact_point_id
        WHERE pc.patient_id = won.patient_id ORDER BY pc.position, pc.id LIMIT 1
    ) first ON true
    WHERE NOT EXISTS (SELECT FROM notifications_patientcontact pc JOIN notifications_contactpoint c
        ON c.id = pc.contact_point_id WHERE pc.patient_id = won.patient_id AND {MAY_BE_CONFIRMED})
    UNION ALL
    -- the calendar of record
    SELECT gen_random_uuid(), owed.clinic_id, 'writeback', 'offers', 'webhook', NULL, NULL, NULL, %(slot_id)s,
        owed.appointment_id, owed.id, 1, 'writeback:' || owed.id, '{}', NULL, 'pending', 0, %(now)s, '', '', '', %(now)s
    FROM owed WHERE owed.connection_id IS NOT NULL
    RETURNING id
), trail AS (
    INSERT INTO audit_entry (content_type_id, object_pk, object_id, object_repr, action, changes_text, changes,
        actor_id, actor_email, actor_kind, actor_ref, remote_addr, cid, "timestamp", clinic_id, verb)
    SELECT line.type_id, line.id::text, line.id, line.noun || ' ' || line.id, 1, '', line.changes::jsonb,
        %(actor_id)s::bigint, %(actor_email)s::text, %(actor_kind)s::text, %(actor_ref)s::bigint, %(remote_addr)s::inet, %(cid)s::text, %(now)s,
        slot.clinic_id, line.verb
    FROM slot, (
        SELECT %(slot_type)s AS type_id, slot.id, 'slot' AS noun, 'slot.filled' AS verb,
            jsonb_build_object('state', 'filled', 'filled_by', visit.id) AS changes FROM slot, visit
        UNION ALL SELECT %(appointment_type)s, visit.id, 'appointment', 'appointment.booked', '{}' FROM visit
        UNION ALL SELECT %(offer_type)s, won.id, 'offer',
            CASE %(via)s::text WHEN 'staff' THEN 'offer.given' ELSE 'offer.accepted' END,
            jsonb_build_object('via', %(via)s::text) FROM won
        UNION ALL SELECT %(offer_type)s, others.id, 'offer', 'offer.' || others.state, '{}' FROM others
        UNION ALL SELECT %(entry_type)s, wish.id, 'entry', 'entry.booked', '{}' FROM wish
        UNION ALL SELECT %(writeback_type)s, owed.id, 'writeback', 'writeback.owed', '{}' FROM owed
    ) line
)
SELECT visit.id FROM visit, slot, won
