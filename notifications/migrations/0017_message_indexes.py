from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # messages are written while their indexes are built

    dependencies = [
        ('notifications', '0016_pace_and_money'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('cost_mills__gt', 0)), fields=['clinic', 'created_at'], include=['cost_mills', 'status'], name='message_paid'),
        ),
    ]
