from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("waitlist", "0020_closed_then")]

    operations = [
        migrations.AlterField(
            model_name="cancellationfee",
            name="rule",
            field=models.CharField(
                choices=[
                    ("grace", "In the first minutes after the yes"),
                    ("moved", "The clinic moved it: nobody said yes to that time"),
                    ("shut", "The clinic is closed then"),
                    ("early", "With enough notice"),
                    ("late", "Inside the notice"),
                ],
                max_length=5,
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("is_exclusive", False), ("status", "booked")),
                fields=["clinic", "starts_at"],
                name="appointment_double_booked",
            ),
        ),
    ]
