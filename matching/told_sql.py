"""Who may be told of an offer or a booking: the conditions on a contact point `c`, for statements that ask in SQL.

As `notifications.rules.forbidden` says it, which has the last word before anything is sent.
"""

# In writing.
MAY_BE_TOLD = """(c.stopped_at IS NULL
      AND ((c.kind = 'phone' AND c.sms_capability <> 'no' AND c.granted @> '{offers:sms}'::varchar[])
        OR (c.kind = 'email' AND c.granted @> '{offers:email}'::varchar[])))"""
# Of a visit they have just won: where they hear of their visits, too (notifications.rules.permission).
MAY_BE_CONFIRMED = """(c.stopped_at IS NULL
      AND ((c.kind = 'phone' AND c.sms_capability <> 'no' AND c.granted && '{offers:sms,reminders:sms}'::varchar[])
        OR (c.kind = 'email' AND (c.granted && '{offers:email,reminders:email}'::varchar[] OR (
            SELECT l.said_on_id IS NOT NULL FROM notifications_consent l
            WHERE l.contact_point_id = c.id AND l.purpose = 'offers' AND l.channel = 'email'
            ORDER BY l.at DESC, l.id DESC LIMIT 1)))))"""
# Of an offer: by an automated call, too.
MAY_BE_ASKED = f"""({MAY_BE_TOLD}
      OR (c.stopped_at IS NULL AND c.kind = 'phone' AND c.granted @> '{{offers:voice}}'::varchar[]))"""
