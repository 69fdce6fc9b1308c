"""The administration: for the owner of the machine, to look and to mend. Secrets and raw bodies are not shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dozor.service.parcels import models


class Looked(admin.ModelAdmin):
    """Rows that only machines write: to be looked at."""

    def has_add_permission(self, request: HttpRequest, *rest: Any) -> bool:
        """Never by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never by hand."""
        return False


class NumbersInline(admin.TabularInline):
    """The numbers of a parcel."""

    model = models.Number
    extra = 0


class PollsInline(admin.TabularInline):
    """When a parcel is asked about."""

    model = models.Poll
    extra = 0
    fields = ("carrier", "number", "next_at", "why", "asked_at", "outcome", "failures")
    readonly_fields = ("carrier", "number", "asked_at", "outcome", "failures")
    can_delete = False


@admin.register(models.Parcel)
class ParcelAdmin(admin.ModelAdmin):
    """Parcels."""

    list_display = ("ref", "owner", "title", "fate", "stage", "cause", "step", "decide_by", "review_at")
    list_filter = ("fate", "stage", "demo")
    search_fields = ("ref", "title", "numbers__number")
    inlines = (NumbersInline, PollsInline)
    raw_id_fields = ("owner", "order")


@admin.register(models.Person)
class PersonAdmin(admin.ModelAdmin):
    """People."""

    list_display = ("ref", "user", "lang", "zone", "country", "style")


@admin.register(models.Order)
class OrderAdmin(admin.ModelAdmin):
    """Purchases."""

    list_display = ("ref", "owner", "marketplace", "number", "paid", "protection_end")
    search_fields = ("ref", "number")
    raw_id_fields = ("owner",)


@admin.register(models.Source)
class SourceAdmin(Looked):
    """Systems."""

    list_display = ("carrier", "asked", "day", "closed_until", "worked_at", "failed_at", "problem")


@admin.register(models.Event)
class EventAdmin(Looked):
    """Events."""

    list_display = ("parcel", "carrier", "local", "milestone", "text")
    list_filter = ("milestone",)


@admin.register(models.Report)
class ReportAdmin(Looked):
    """Reports."""

    list_display = ("parcel", "carrier", "number", "outcome", "asked_at")
    list_filter = ("outcome",)


@admin.register(models.Answer)
class AnswerAdmin(Looked):
    """Answers."""

    list_display = ("parcel", "at", "change", "told_at")
    exclude = ("body",)


@admin.register(models.Outbox)
class OutboxAdmin(Looked):
    """Messages."""

    list_display = ("key", "owner", "made", "next_at", "attempts", "sent_at", "problem")


@admin.register(models.Credential)
class CredentialAdmin(Looked):
    """Keys: that they are there."""

    list_display = ("owner", "system", "made", "worked_at", "refused_at")
    exclude = ("sealed",)
