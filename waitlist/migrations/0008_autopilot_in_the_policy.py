from django.db import migrations
from django.db.models import Max
from django.utils import timezone

MOVED = {"autopilot": "automatic", "approve_within_minutes": 5, "undo_delay_minutes": 0, "cutoff_minutes": 15}
RANGES = {"approve_within_minutes": (1, 120), "undo_delay_minutes": (0, 60), "cutoff_minutes": (0, 1440)}
LIVE = ("open", "offering", "held")


def move_into_the_policy(apps, schema_editor):
    """What a clinic had set becomes a version of its policy, for new slots and for those still live."""
    Clinic, Slot = apps.get_model("waitlist", "Clinic"), apps.get_model("waitlist", "Slot")
    PolicyVersion = apps.get_model("matching", "PolicyVersion")
    for clinic in Clinic.objects.exclude(policy=None).exclude(**MOVED).select_related("policy").order_by("pk"):
        old = clinic.policy
        newest = PolicyVersion.objects.filter(clinic=clinic, name=old.name).aggregate(Max("version"))["version__max"]
        clinic.policy = PolicyVersion.objects.create(
            clinic=clinic,
            name=old.name,
            version=newest + 1,
            document=old.document | {name: _in_range(name, getattr(clinic, name)) for name in MOVED},
            created_at=timezone.now(),
        )
        clinic.save(update_fields=["policy"])
        Slot.objects.filter(clinic=clinic, policy=old, state__in=LIVE).update(policy=clinic.policy)


def _in_range(name, value):
    """As a policy may say it: a clinic's column took any number."""
    least, most = RANGES.get(name, (value, value))
    return min(max(value, least), most)


class Migration(migrations.Migration):
    dependencies = [("waitlist", "0007_service_policy"), ("matching", "0003_append_only")]

    operations = [
        migrations.RunPython(move_into_the_policy, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),  # before the table is altered
        *(migrations.RemoveField(model_name="clinic", name=name) for name in MOVED),
    ]
