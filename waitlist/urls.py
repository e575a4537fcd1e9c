"""The staff's own pages."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, path

from waitlist.views import session

urlpatterns: list[URLPattern] = [
    path("sign-in/", session.SignIn.as_view(), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("clinic/", session.switch_clinic, name="clinic-switch"),
    path("settings/", session.settings, name="settings"),
    path("password/", auth.PasswordResetView.as_view(), name="password_reset"),
    path("password/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/", auth.PasswordResetConfirmView.as_view(), name="password_reset_confirm"
    ),
    path("password/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]
