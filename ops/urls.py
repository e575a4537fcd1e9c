from django.urls import path

from ops import checks, health

urlpatterns = [
    path("checks/", checks.checks, name="checks"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
