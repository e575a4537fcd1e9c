from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_append_only")]
    operations = [
        migrations.AlterField(
            model_name="auditseal",
            name="previous_digest",
            field=models.CharField(
                blank=True,
                help_text="Unique: the chain cannot fork. Empty: the first.",
                max_length=64,
                unique=True,
            ),
        ),
    ]
