"""The addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from dozor.service.notify import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("notifications/", views.page, name="notify"),
    path("notifications/add", views.add, name="notify_add"),
    path("notifications/habits", views.habits, name="notify_habits"),
    path("notifications/calendar", views.calendar, name="notify_calendar"),
    path("notifications/again/<int:id>", views.again, name="notify_again"),
    path("notifications/mute/<str:ref>", views.mute, name="notify_mute"),
    path("notifications/<str:ref>/test", views.test, name="notify_test"),
    path("notifications/<str:ref>/remove", views.remove, name="notify_remove"),
    path("calendar/<str:token>.ics", views.feed, name="calendar_feed"),
]
