"""The waitlist is read the longest wait first, fifty at a time."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("waitlist", "0027_patient_notes")]

    operations: ClassVar = [
        AddIndexConcurrently(
            "waitlistentry",
            models.Index(
                fields=["clinic", "added_at", "id"],
                name="entry_in_line",
                condition=models.Q(status__in=("active", "paused")),
            ),
        ),
    ]
