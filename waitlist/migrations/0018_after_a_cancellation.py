from typing import Any

from django.db import migrations, models


def no_fees(apps: Any, schema_editor: Any) -> None:
    """Clinics that were there before fees have none until somebody sets them; 0015 gave them those of a new clinic.

    0015 and this are of one release: nobody can have saved those in between.
    """
    clinics = apps.get_model("waitlist", "Clinic").objects
    unset = clinics.filter(cancel_fee_percent_early=50, cancel_fee_percent_late=100)
    unset.update(cancel_fee_percent_early=0, cancel_fee_percent_late=0)


class Migration(migrations.Migration):

    dependencies = [
        ('waitlist', '0017_paused_for'),
    ]

    operations = [
        migrations.AlterField(
            model_name='appointment',
            name='cancelled_by',
            field=models.CharField(blank=True, choices=[('', '—'), ('patient', 'The patient'), ('clinic', 'The clinic'), ('unknown', 'Somebody, in the calendar')], db_default='', default='', max_length=7),
        ),
        migrations.AlterField(
            model_name='cancellationfee',
            name='rule',
            field=models.CharField(choices=[('grace', 'In the first minutes after the yes'), ('moved', 'The clinic moved it: nobody said yes to that time'), ('early', 'With enough notice'), ('late', 'Inside the notice')], max_length=5),
        ),
        migrations.RunPython(no_fees, migrations.RunPython.noop),
    ]
