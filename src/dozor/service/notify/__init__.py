"""Telling people: channels, outbox, reminders, calendar."""
