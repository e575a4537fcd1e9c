"""Every address, by room."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

handler404, handler500 = "config.errors.not_found", "config.errors.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("waitlist.urls")),
    path("", include("matching.urls")),
    path("", include("notifications.urls")),
    path("", include("audit.urls")),
    path("", include("ops.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("notifications.demo_urls")))
