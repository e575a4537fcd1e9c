from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # messages are written while their index is built

    dependencies = [
        ('notifications', '0021_test_messages'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('refused_by', 'rehearsal')), fields=['slot'], name='message_rehearsed'),
        ),
    ]
