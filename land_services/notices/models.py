"""What is to be delivered, what was delivered to the pages, and how a person wants to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

__all__ = ["Channel", "Notice", "Outbox", "Preference"]


class Channel(models.TextChoices):
    IN_APP = "in_app", _("on the pages")
    EMAIL = "email", _("e-mail")


class Outbox(models.Model):
    """A message to one person by one channel, written in the transaction that it tells of (``telling.tell``).

    The relay takes what is due. ``claimed_at`` is set before an e-mail is sent and taken back when its fate is known;
    where it still stands, a process ended in between and the message may have gone out: ``in_doubt`` counts that.
    What was delivered goes after ``NOTICES_KEPT_DAYS``, once its case is over (``pruning``); nothing else does.
    """

    event = models.TextField(_("event"))
    reference = models.TextField(_("reference"), blank=True, default="")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recipient")
    )
    language = models.CharField(_("language"), max_length=2)
    channel = models.TextField(_("channel"), choices=Channel.choices)
    params = models.JSONField(_("values"), default=dict)
    key = models.TextField(_("key"))
    message_id = models.TextField(_("message id"), blank=True, default="")
    created_at = models.DateTimeField(_("written"), db_default=Now())
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"), db_default=Now())
    claimed_at = models.DateTimeField(_("taken for sending"), null=True, blank=True)
    claimed_by = models.TextField(blank=True, default="")
    in_doubt = models.PositiveIntegerField(_("perhaps sent more than once"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    failed_at = models.DateTimeField(_("given up"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("message to be sent")
        verbose_name_plural = _("messages to be sent")
        indexes = [
            models.Index(
                fields=["channel", "next_try_at", "id"],
                name="outbox_waiting",
                condition=Q(sent_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["sent_at"], name="outbox_sent", condition=Q(sent_at__isnull=False)),
            models.Index(fields=["failed_at"], name="outbox_failed", condition=Q(failed_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key", "recipient", "channel"], name="outbox_once"),
            models.CheckConstraint(name="outbox_channel_known", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(
                name="outbox_sent_or_failed", condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.reference}".strip()


class Notice(models.Model):
    """A message on the pages of one person: once for each key, whatever ends in between. It is read, never deleted."""

    event = models.TextField()
    reference = models.TextField(blank=True, default="")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    params = models.JSONField(default=dict)
    key = models.TextField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="notice_by_recipient"),
            models.Index(fields=["recipient"], name="notice_unread", condition=Q(read_at__isnull=True)),
        ]
        constraints = [models.UniqueConstraint(fields=["key", "recipient"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.event} {self.reference}".strip()


class Preference(models.Model):
    """How a person wants to be told by e-mail; without a row in Arabic, or the language of the installation."""

    LANGUAGES = [("ar", _("Arabic")), ("en", _("English"))]

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    language = models.CharField(_("Language of e-mails"), max_length=2, choices=LANGUAGES, default="ar")
    by_email = models.BooleanField(_("Send me e-mails too"), default=True)

    class Meta:
        constraints = [models.CheckConstraint(name="preference_language_known", condition=Q(language__in=["ar", "en"]))]

    def __str__(self) -> str:
        return f"{self.user_id} {self.language}"
