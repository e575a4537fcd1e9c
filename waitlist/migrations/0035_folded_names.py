from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models
from django.db.models.functions import Concat

import waitlist.models.folded

# `unaccent` counts as stable, since its rules are a file; a generated column wants what never changes, and they do not.
# The body is parsed here and now, so that no search path can lead it elsewhere.
FOLDED = r"""
CREATE OR REPLACE FUNCTION standby_folded(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(unaccent('unaccent', regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g')))
"""


class Migration(migrations.Migration):

    dependencies = [("waitlist", "0034_practitioner_gives")]

    operations = [
        UnaccentExtension(),
        migrations.RunSQL(FOLDED, "DROP FUNCTION standby_folded(text)"),
        migrations.AddField(
            model_name="patient",
            name="folded_name",
            field=models.GeneratedField(
                expression=waitlist.models.folded.Folded(Concat("first_name", models.Value(" "), "last_name")),
                output_field=models.TextField(),
                db_persist=True,
                help_text="What a search looks in.",
            ),
        ),
    ]
