from importlib import import_module

from django.db import migrations

append_only = import_module("audit.migrations.0003_append_only").append_only


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("audit", "0003_append_only")]
    operations = [append_only("notifications_consent")]
