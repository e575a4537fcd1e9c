import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0016_pace_and_money")]
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
    ]
