"""Is this process up, and is the whole thing doing its work?"""

from datetime import datetime, timedelta

from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout

from audit.models import Heartbeat

PATIENCE = timedelta(seconds=60)
FREQUENT = timedelta(seconds=10)


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; it asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and every sweep runs on time, else 503 and what is missing."""
    try:
        missing = late_sweeps(now=timezone.now())
    except (OperationalError, PoolTimeout):
        missing = ["database"]
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


def late_sweeps(*, now: datetime) -> list[str]:
    """Tasks of the beat table that skipped two turns; the rare ones count once they have run at all."""
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    late = []
    for entry in current_app.conf.beat_schedule.values():
        interval = timedelta(seconds=entry["schedule"])
        beat_at = beats.get(entry["task"], None if interval <= FREQUENT else now)
        if beat_at is None or now - beat_at > 2 * interval + PATIENCE:
            late.append(entry["task"])
    return sorted(late)
