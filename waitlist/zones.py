"""The zones patients here live in, as they call them."""

from django.utils.translation import gettext_noop

HOME = (
    ("America/New_York", gettext_noop("Eastern")),
    ("America/Chicago", gettext_noop("Central")),
    ("America/Denver", gettext_noop("Mountain")),
    ("America/Phoenix", gettext_noop("Arizona")),
    ("America/Los_Angeles", gettext_noop("Pacific")),
    ("America/Anchorage", gettext_noop("Alaska")),
    ("Pacific/Honolulu", gettext_noop("Hawaii")),
    ("America/Puerto_Rico", gettext_noop("Puerto Rico")),
    ("Pacific/Guam", gettext_noop("Guam")),
)
