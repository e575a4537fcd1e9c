
from django.db import migrations, models


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
    ]
