from django.urls import path

from notifications import views, webhooks

urlpatterns = [
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("api/twilio/inbound/", webhooks.inbound, name="twilio-inbound"),
    path("api/twilio/status/<uuid:public_id>/", webhooks.status, name="twilio-status"),
]
