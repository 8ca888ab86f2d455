"""What the API keeps: tokens of systems, answers already given, and where events are sent."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from land_services.cases.models import CaseStep

__all__ = ["ApiToken", "IdempotentAnswer", "WebhookDelivery", "WebhookTarget"]

USER = settings.AUTH_USER_MODEL


class ApiToken(models.Model):
    """A secret with which a system asks in a person's name. Only its hash is kept; ``prefix`` helps to tell it."""

    SCOPES: ClassVar = [("read", _("read")), ("write", _("read and write"))]

    user = models.ForeignKey(USER, models.PROTECT, related_name="api_tokens", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12)
    hash = models.CharField(max_length=64, unique=True)
    scope = models.CharField(_("scope"), max_length=5, choices=SCOPES)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        constraints: ClassVar = [
            models.CheckConstraint(name="apitoken_known_scope", condition=Q(scope__in=["read", "write"]))
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentAnswer(models.Model):
    """The answer to a post that carried a key, kept for a day in the transaction of what the post did."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.TextField()
    location = models.TextField(blank=True, default="")
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="idempotentanswer_key")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotentanswer_by_age")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.key}"


class WebhookTarget(models.Model):
    """Where a system wants to be told of steps: those of cases that its owner may see, signed with its secret.

    ``events`` are acts such as ``submit``; empty means all of them.
    """

    owner = models.ForeignKey(USER, models.PROTECT, related_name="webhook_targets", verbose_name=_("account"))
    url = models.URLField(_("address"), max_length=500)
    secret = models.BinaryField()
    events = ArrayField(models.TextField(), default=list, blank=True, verbose_name=_("acts"))
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        indexes: ClassVar = [models.Index(fields=["id"], name="webhooktarget_active", condition=Q(active=True))]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One step to be told to one target. ``uid`` is its id, the same however often it has to be sent."""

    STATES: ClassVar = [(state, state) for state in ("waiting", "delivered", "unseen", "failed")]

    uid = models.UUIDField(unique=True)
    target = models.ForeignKey(WebhookTarget, models.PROTECT, related_name="deliveries")
    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=STATES, default="waiting")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    said = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["target", "step"], name="webhookdelivery_once"),
            models.CheckConstraint(
                name="webhookdelivery_state_is_known",
                condition=Q(state__in=["waiting", "delivered", "unseen", "failed"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="webhookdelivery_waiting", condition=Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return str(self.uid)
