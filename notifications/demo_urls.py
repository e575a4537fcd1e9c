from django.urls import path

from notifications.phones import views

urlpatterns = [
    path("phones/", views.phones, name="demo-phones"),
    path("phones/shelf/", views.shelf, name="demo-shelf"),
    path("phones/blank/", views.blank, name="demo-blank"),
    path("phones/<int:pk>/reply/", views.reply, name="demo-reply"),
    path("phones/ringing/<int:pk>/", views.call, name="demo-call"),
    path("phones.json", views.phones_json, name="demo-phones-json"),
]
