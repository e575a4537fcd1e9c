"""A text that the carrier has answered is not answered again, even if the worker that heard it died."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_sending")]

    operations = [
        migrations.AddField(
            model_name="inboundmessage",
            name="already_answered",
            field=models.BooleanField(default=False, help_text="The carrier has replied to this word itself."),
        ),
    ]
