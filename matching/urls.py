"""The patient's pages, and the staff's pages of one slot."""

from django.urls import URLPattern, path

from matching.views import asking, calls, changes, holding, leaving, offers, policies, service, slots, undo, visit

urlpatterns: list[URLPattern] = [
    path("o/<str:token>", offers.offer, name="offer"),
    path("o/<str:token>/claim", offers.offer_claim, name="offer-claim"),
    path("o/<str:token>/details", holding.offer_details, name="offer-details"),
    path("o/<str:token>/let-go", holding.offer_let_go, name="offer-let-go"),
    path("o/<str:token>/reserve", holding.offer_reserve, name="offer-reserve"),
    path("o/<str:token>/decline", offers.offer_decline, name="offer-decline"),
    path("o/<str:token>/undo", offers.offer_unlearn, name="offer-unlearn"),
    path("o/<str:token>/cancel", leaving.offer_cancel, name="offer-cancel"),
    path("o/<str:token>/cancel-visit", leaving.offer_leave, name="offer-leave"),
    path("o/<str:token>/keep", changes.offer_keep, name="offer-keep"),
    path("o/<str:token>/service", changes.offer_service, name="offer-service"),
    path("o/<str:token>/zone", changes.offer_zone, name="offer-zone"),
    path("o/<str:token>/outcome", offers.offer_outcome, name="offer-outcome"),
    path("o/<str:token>/seen", offers.offer_seen, name="offer-seen"),
    path("o/<str:token>/appointment.ics", offers.offer_calendar, name="offer-calendar"),
    path("v/<str:token>", visit.visit, name="visit"),
    path("v/<str:token>/confirm", visit.visit_confirm, name="visit-confirm"),
    path("v/<str:token>/cancel", visit.visit_cancel, name="visit-cancel"),
    path("v/<str:token>/earlier", visit.visit_earlier, name="visit-earlier"),
    path("v/<str:token>/zone", visit.visit_zone, name="visit-zone"),
    path("v/<str:token>/appointment.ics", visit.visit_calendar, name="visit-calendar"),
    path("slots/<int:pk>/", slots.slot, name="slot"),
    path("slots/<int:pk>/start/", slots.start, name="slot-start"),
    path("slots/<int:pk>/ask/", asking.ask, name="slot-ask"),
    path("slots/<int:pk>/service/", service.change, name="slot-service"),
    path("slots/<int:pk>/stop/", slots.stop, name="slot-stop"),
    path("slots/<int:pk>/undo/", undo.undo, name="slot-undo"),
    path("slots/<int:pk>/book/", slots.book, name="slot-book"),
    path("calls/", calls.index, name="calls"),
    path("calls/<int:pk>/no-answer/", calls.no_answer, name="call-no-answer"),
    path("calls/<int:pk>/no/", calls.said_no, name="call-no"),
    path("calls/<int:pk>/told/", calls.told, name="call-told"),
    path("settings/policies/", policies.index, name="policies"),
    path("settings/policies/new/", policies.new, name="policy-new"),
    path("settings/policies/<int:pk>/", policies.policy, name="policy"),
]
