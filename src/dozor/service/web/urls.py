"""The addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.i18n import set_language

from dozor.service.web.views import check, demo, parcel, parcels, settings, sources

urlpatterns: list[URLPattern | URLResolver] = [
    path("", check.check, name="check"),
    path("ask/", check.ask, name="ask"),
    path("watch/", check.watch, name="watch"),
    path("kept/", check.kept, name="kept"),
    path("parcels/", parcels.parcels, name="parcels"),
    path("parcels/<str:ref>/", parcel.show, name="parcel"),
    path("parcels/<str:ref>/said/", parcel.said, name="parcel_said"),
    path("parcels/<str:ref>/name/", parcel.name, name="parcel_name"),
    path("parcels/<str:ref>/fate/", parcel.fate, name="parcel_fate"),
    path("parcels/<str:ref>/dispute/", parcel.dispute, name="parcel_dispute"),
    path("parcels/<str:ref>/facts/", parcel.facts, name="parcel_facts"),
    path("parcels/<str:ref>/carrier/", parcel.carrier, name="parcel_carrier"),
    path("parcels/<str:ref>/delete/", parcel.delete, name="parcel_delete"),
    path("welcome/", settings.welcome, name="welcome"),
    path("settings/", settings.settings, name="settings"),
    path("settings/export.<str:form>", settings.export, name="export"),
    path("settings/delete/", settings.delete, name="delete_everything"),
    path("sources/", sources.sources, name="sources"),
    path("sources/<str:id>/", sources.key, name="source_key"),
    path("demo/", demo.demo, name="demo"),
    path("language/", set_language, name="set_language"),
]
