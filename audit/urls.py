"""The pages of compliance."""

from django.urls import URLPattern, path

from audit import views

urlpatterns: list[URLPattern] = [
    path("trail/", views.entries, name="trail"),
    path("trail/export/", views.export, name="trail-export"),
    path("trail/<int:pk>/", views.entry, name="trail-entry"),
]
