"""Who may be told of an offer or a booking: the conditions on a contact point `c`, for statements that ask in SQL.

As `notifications.rules.forbidden` says it, which has the last word before anything is sent.
"""

# In writing.
MAY_BE_TOLD = """(c.stopped_at IS NULL
      AND ((c.kind = 'phone' AND c.sms_capability <> 'no' AND c.granted @> '{offers:sms}'::varchar[])
        OR (c.kind = 'email' AND c.granted @> '{offers:email}'::varchar[])))"""
# Of an offer: by an automated call, too.
MAY_BE_ASKED = f"""({MAY_BE_TOLD}
      OR (c.stopped_at IS NULL AND c.kind = 'phone' AND c.granted @> '{{offers:voice}}'::varchar[]))"""
