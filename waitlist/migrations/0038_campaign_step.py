"""The brand and the campaign of 10DLC are registered apart, so they are said to be done apart."""

from django.db import migrations, models

CHOICES = [("brand", "10DLC brand"), ("campaign", "10DLC campaign"), ("baa", "BAA with Twilio")]


class Migration(migrations.Migration):
    dependencies = [("waitlist", "0037_express_links")]
    operations = [
        migrations.AlterField("setupdone", "step", models.CharField(choices=CHOICES, max_length=10)),
    ]
