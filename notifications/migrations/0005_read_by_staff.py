"""A text nobody understood waits until somebody of the staff has read it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_already_answered")]

    operations = [
        migrations.AddField(
            model_name="inboundmessage",
            name="read_at",
            field=models.DateTimeField(help_text="When staff had read what nobody understood.", null=True),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                condition=models.Q(("meaning", "unclear"), ("read_at__isnull", True)),
                fields=["clinic", "received_at"],
                name="inbound_to_read",
            ),
        ),
    ]
