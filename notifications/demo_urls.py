from django.urls import path

from notifications import phones

urlpatterns = [
    path("phones/", phones.phones, name="demo-phones"),
    path("phones/shelf/", phones.shelf, name="demo-shelf"),
    path("phones/blank/", phones.blank, name="demo-blank"),
    path("phones/<int:pk>/reply/", phones.reply, name="demo-reply"),
    path("phones.json", phones.phones_json, name="demo-phones-json"),
]
