"""The staff's own pages."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, path

from waitlist import intake, stream
from waitlist.views import appointments, board, connections, entries, imports, openings, people, session, tasks, tuning

urlpatterns: list[URLPattern] = [
    path("", board.board, name="board"),
    path("live/board/", stream.board, name="live-board"),
    path("appointments/", appointments.appointments, name="appointments"),
    path("appointments/<int:pk>/cancel/", appointments.cancel, name="appointment-cancel"),
    path("openings/new/", openings.new, name="opening-new"),
    path("waitlist/", entries.entries, name="waitlist"),
    path("waitlist/new/", people.new, name="entry-new"),
    path("waitlist/known/", people.known, name="entry-known"),
    path("waitlist/<int:pk>/", entries.edit, name="entry-edit"),
    path("waitlist/<int:pk>/remove/", entries.remove, name="entry-remove"),
    path("patients/<int:pk>/", people.edit, name="patient-edit"),
    path("patients/<int:pk>/no-more/", people.no_more, name="patient-no-more"),
    path("patients/<int:pk>/tier/", people.tier, name="patient-tier"),
    path("patients/<int:pk>/tier/release/", people.release_tier, name="patient-tier-release"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:pk>/done/", tasks.task_done, name="task-done"),
    path("tasks/replies/<int:pk>/read/", tasks.reply_read, name="reply-read"),
    path("sign-in/", session.SignIn.as_view(), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("clinic/", session.switch_clinic, name="clinic-switch"),
    path("settings/", session.settings, name="settings"),
    path("settings/connections/", connections.index, name="connections"),
    path("settings/connections/new/", connections.new, name="connection-new"),
    path("settings/connections/<int:pk>/", connections.connection, name="connection"),
    path("settings/connections/<int:pk>/secret/", connections.secret, name="connection-secret"),
    path("settings/connections/<int:pk>/match/", connections.match, name="connection-match"),
    path("settings/connections/<int:pk>/again/", connections.again, name="connection-again"),
    path("settings/connections/<int:pk>/words/<int:mapping>/remove/", connections.forget, name="connection-forget"),
    path("settings/tiers/", tuning.tiers, name="tiers"),
    path("settings/score/", tuning.score, name="score"),
    path("settings/import/", imports.page, name="imports"),
    path("api/intake/<slug:source>/<uuid:connection_id>/", intake.receive, name="intake"),
    path("password/", auth.PasswordResetView.as_view(), name="password_reset"),
    path("password/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("password/<uidb64>/<token>/", auth.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
    path("password/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]
