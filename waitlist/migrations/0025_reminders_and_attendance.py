from django.db import migrations, models

# What is in the rows was told to us, up to now.
KEEP = """UPDATE waitlist_patient SET told_visits = visits, told_past_visits = past_visits,
    told_show_rate = show_rate, told_at = now() WHERE visits > 0 OR past_visits > 0 OR show_rate < 100"""


class Migration(migrations.Migration):

    dependencies = [
        ('waitlist', '0024_pace_and_money'),
    ]

    operations = [
        migrations.AddField(
            model_name='appointment',
            name='confirmed_at',
            field=models.DateTimeField(help_text='When the patient said they will be there, at this time.', null=True),
        ),
        migrations.AddField(
            model_name='appointment',
            name='confirmed_via',
            field=models.CharField(blank=True, choices=[('', '—'), ('link', 'By the link'), ('reply', 'By text'), ('call', 'On the phone'), ('staff', 'Told to staff')], db_default='', default='', max_length=5),
        ),
        migrations.AddField(
            model_name='appointment',
            name='remind_at',
            field=models.DateTimeField(help_text='When its reminders are looked at next; empty: not looked at since it has this time.', null=True),
        ),
        migrations.AddField(
            model_name='clinic',
            name='sends_reminders',
            field=models.BooleanField(db_default=False, default=False, help_text='Off where the clinic’s own calendar reminds patients already.'),
        ),
        migrations.AddField(
            model_name='patient',
            name='told_at',
            field=models.DateTimeField(editable=False, help_text='Our own count begins here; empty: ever.', null=True),
        ),
        migrations.AddField(
            model_name='patient',
            name='told_past_visits',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='patient',
            name='told_show_rate',
            field=models.PositiveSmallIntegerField(db_default=100, default=100, editable=False),
        ),
        migrations.AddField(
            model_name='patient',
            name='told_visits',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, help_text='As another system counted, up to then.'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('status__in', ('fulfilled', 'noshow'))), fields=['patient', 'starts_at'], name='appointment_over'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_via', '')), models.Q(('confirmed_at__isnull', False), models.Q(('confirmed_via', ''), _negated=True)), _connector='OR'), name='appointment_confirmed_somehow'),
        ),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
    ]
