from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# A minute that is absent is 0, as policies.load reads it. One that is no number, or a plan that is no list, is for the
# other constraints to refuse: here it must neither fail nor hide their names.
IN_ORDER = """
CREATE FUNCTION matching_waves_in_order(plan jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(bool_and(CASE place WHEN 1 THEN minute = 0 ELSE minute > before END), true)
    FROM (
        SELECT place, minute, lag(minute) OVER (ORDER BY place) AS before
        FROM (
            SELECT place, CASE jsonb_typeof(coalesce(wave -> 'after_minutes', '0'))
                WHEN 'number' THEN coalesce(wave ->> 'after_minutes', '0')::numeric END AS minute
            FROM jsonb_array_elements(CASE jsonb_typeof(plan) WHEN 'array' THEN plan ELSE '[]' END)
                WITH ORDINALITY AS waves (wave, place)
        ) AS minutes
    ) AS pairs
$$;
"""


def rising(plan):
    """For whatever is stored from now on: a stored policy is never changed, so no old one can stand in the way."""
    condition = models.Q(
        models.Func(
            models.F(f"document__{plan}"),
            output_field=models.BooleanField(),
            template="matching_waves_in_order(%(expressions)s)",
        )
    )
    text = "Waves are in order of time, the first at minute 0, each at a minute of its own."
    constraint = models.CheckConstraint(
        condition=condition, name=f"policy_{plan}_waves_rising", violation_error_message=text
    )
    return AddConstraintNotValid(model_name="policyversion", constraint=constraint)


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_policy_documents")]
    operations = [
        migrations.RunSQL(IN_ORDER, "DROP FUNCTION matching_waves_in_order(jsonb);"),
        rising("short"),
        rising("long"),
    ]
