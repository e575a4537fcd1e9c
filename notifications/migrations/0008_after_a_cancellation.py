
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0007_outages'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('offer', 'Offer'), ('retracted', 'Somebody was faster'), ('withdrawn', 'The time is no longer offered'), ('booked', 'Booking confirmed'), ('changed', 'Change confirmed'), ('cancelled', 'Cancellation confirmed'), ('ended', 'Cancellation after the free minutes confirmed'), ('lost', 'The clinic cancelled their visit'), ('gone', 'Their visit was cancelled in the calendar'), ('apology', 'The calendar had that time taken'), ('opt_in', 'Asked to confirm consent'), ('stopped', 'Opt-out confirmed'), ('answer', 'Answer to a reply'), ('writeback', "To the clinic's calendar")], max_length=10),
        ),
    ]
