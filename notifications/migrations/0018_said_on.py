import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0017_message_indexes")]
    operations = [
        migrations.AddField(
            model_name="consent",
            name="said_on",
            field=models.ForeignKey(
                help_text="Their number, where that is another.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="notifications.contactpoint",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="next_attempt_at",
            field=models.DateTimeField(
                help_text="Pending: when to try. Sending, unknown: when to look again. "
                "A call that is over: heard by then."
            ),
        ),
    ]
