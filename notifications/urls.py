from django.urls import path

from notifications.views import inbox, still, wordings
from notifications.views.alerts import my_notices
from notifications.views.join import join, sent
from notifications.views.own import choices, door, page, wishes
from notifications.views.proof import export, proof
from notifications.views.told import note
from notifications.views.unsubscribe import unsubscribe
from notifications.webhooks import calls, texts

urlpatterns = [
    path("join/<slug:slug>/", join, name="join"),
    path("join/<slug:slug>/sent/", sent, name="join-sent"),
    path("my/<slug:slug>/", page.my, name="my"),
    path("my/<slug:slug>/code/", door.enter, name="my-code"),
    path("my/<slug:slug>/close/", door.close, name="my-close"),
    path("my/<slug:slug>/wishes/new/", wishes.new, name="my-wish-new"),
    path("my/<slug:slug>/wishes/<int:pk>/", wishes.wish, name="my-wish"),
    path("my/<slug:slug>/wishes/<int:pk>/pause/", wishes.pause, name="my-pause"),
    path("my/<slug:slug>/wishes/<int:pk>/leave/", wishes.leave, name="my-leave"),
    path("my/<slug:slug>/language/", choices.language, name="my-language"),
    path("my/<slug:slug>/messages/", choices.allow, name="my-messages"),
    path("my/<slug:slug>/stop/", choices.stop, name="my-stop"),
    path("s/<str:token>", still.still, name="still"),
    path("patients/<int:pk>/told/", note, name="patient-told"),
    path("patients/<int:pk>/proof/", proof, name="patient-proof"),
    path("patients/<int:pk>/proof/export/", export, name="patient-proof-export"),
    path("notices/", my_notices, name="my-notices"),
    path("settings/messages/", wordings.index, name="wordings"),
    path("settings/messages/edit/", wordings.wording, name="wording"),
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/<int:pk>/", inbox.thread, name="inbox-thread"),
    path("inbox/<int:pk>/answer/", inbox.answer, name="inbox-answer"),
    path("inbox/<int:pk>/read/", inbox.read, name="inbox-read"),
    path("inbox/<int:pk>/unread/", inbox.unread, name="inbox-unread"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    path("api/twilio/inbound/", texts.inbound, name="twilio-inbound"),
    path("api/twilio/status/<uuid:public_id>/", texts.status, name="twilio-status"),
    path("api/twilio/call/<uuid:public_id>/", calls.picked_up, name="twilio-call"),
    path("api/twilio/call/<uuid:public_id>/key/", calls.key, name="twilio-call-key"),
    path("api/twilio/call/<uuid:public_id>/status/", calls.call_ended, name="twilio-call-status"),
]
