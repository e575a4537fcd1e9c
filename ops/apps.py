from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Makes the management commands of this folder known to Django."""

    name = "ops"
