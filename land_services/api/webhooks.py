"""Telling other systems of steps: rows written with the step, sent by workers, signed as Standard Webhooks says.

A worker takes a row for a while (``LEASE``), sends it outside any transaction and writes down what came of it. One that
dies in between is followed by another: a row is sent at least once, always under the same id.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
import http.client
import ipaddress
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from land_services.cases.acts.escalate import DUE_ACTS
from land_services.cases.at_work import look_at
from land_services.views.access import is_staff, visible_cases
from layers import audit
from layers.ogc.answers import dumps
from layers.viewer import Viewer

from .models import WebhookDelivery, WebhookTarget

__all__ = ["UnfitAddress", "add_target", "deliver_webhooks", "new_secret", "require_fit_address", "signature"]

LEASE: Final = timedelta(seconds=60)
TIMEOUT_S: Final = 10
WAITS_S: Final = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400)
"""How long to wait after each attempt that failed; after the last one it is given up."""
MOST_READ: Final = 4_096
SECRET_BEGIN: Final = "whsec_"  # noqa: S105 - how every secret begins


class UnfitAddress(ValueError):
    """An address that nothing is sent to; the message says why in Arabic and English."""

    def __init__(self, ar: str, en: str) -> None:
        super().__init__(en)
        self.ar, self.en = ar, en


# Addresses ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Allowed:
    """An entry of ``WEBHOOK_HOSTS``: a name, or ``*.`` with what names end in; ``http://`` before it allows plain HTTP.

    A name written out may lead to a private address, one that only ends so may not.
    """

    name: str
    port: int | None
    plain: bool

    def fits(self, host: str, port: int | None) -> bool:
        if self.port is not None and self.port != port:
            return False
        return host.endswith(self.name[1:]) if self.name.startswith("*.") else host == self.name

    @property
    def is_exact(self) -> bool:
        return not self.name.startswith("*.")


def _allowed() -> list[Allowed]:
    entries = []
    for entry in settings.WEBHOOK_HOSTS:
        parts = urlsplit(entry if "://" in entry else f"https://{entry}")
        entries.append(Allowed(parts.hostname or "", parts.port, parts.scheme == "http"))
    return entries


def require_fit_address(url: str) -> tuple[SplitResult, Allowed]:
    """Return an address in its parts with the entry that allows it.

    Raises
    ------
    UnfitAddress
        If it is no address, carries a password, is plain HTTP, or its host is not on the list.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    proper = url.isascii() and url.isprintable() and " " not in url
    if not proper or parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise UnfitAddress("ليس عنوان https صحيحًا.", "This is no proper https address.")
    for entry in _allowed():
        if entry.fits(parts.hostname, port) and (parts.scheme == "https" or entry.plain):
            return parts, entry
    raise UnfitAddress(
        "هذا المضيف ليس في القائمة المسموحة (WEBHOOK_HOSTS).", "This host is not on the list of WEBHOOK_HOSTS."
    )


def _resolved(parts: SplitResult, entry: Allowed) -> tuple[str, int]:
    """Return the address to connect to, checked: what is connected to is what was looked at."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(row[4][0]) for row in found]
    if not entry.is_exact and not all(_is_public(address) for address in addresses):
        raise UnfitAddress("يقود الاسم إلى عنوان خاص.", "The name leads to a private address.")
    return addresses[0], port


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_global and not mapped.is_multicast


# Targets and their secrets --------------------------------------------------------------------------------------------


def new_secret() -> str:
    """Return a new secret in the form of Standard Webhooks: 32 random bytes."""
    return SECRET_BEGIN + base64.b64encode(secrets.token_bytes(32)).decode()


def add_target(owner_id: int, url: str, events: list[str], secret: str) -> WebhookTarget:
    """Keep a new target; its secret is encrypted.

    Raises
    ------
    UnfitAddress
        If nothing may be sent to this address.
    """
    require_fit_address(url)
    with transaction.atomic():
        target = WebhookTarget.objects.create(owner_id=owner_id, url=url, events=events, secret=_seal(secret))
        payload = {"target": target.pk, "events": events}
        audit.record("webhook.make", subject=f"webhook {target.pk}", actor_id=owner_id, payload=payload)
    return target


def _key() -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"gisportal webhooks").derive(settings.PERSONAL_DATA_KEY.encode())


def _seal(secret: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_key()).encrypt(nonce, secret.encode(), None)


def _open(sealed: bytes | memoryview) -> str:
    raw = bytes(sealed)
    return AESGCM(_key()).decrypt(raw[:12], raw[12:], None).decode()


def signature(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    """Return what the header ``webhook-signature`` holds: HMAC-SHA256 over id, time and body."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_BEGIN), validate=True)
    except binascii.Error:
        key = secret.encode()
    made = hmac.digest(key, f"{uid}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(made).decode()}"


# Sending --------------------------------------------------------------------------------------------------------------


def deliver_webhooks(at_most: int = 100) -> int:
    """Send what is due, oldest first; return how many rows were looked at. Any number of workers may do so at once."""
    done = 0
    while done < at_most and (taken := _take()) is not None:
        _deliver(taken)
        done += 1
    return done


def _take() -> WebhookDelivery | None:
    """Take one row for the time of a lease; None where nothing is due."""
    with transaction.atomic():
        waiting = WebhookDelivery.objects.filter(state="waiting", due_at__lte=timezone.now())
        row = waiting.order_by("due_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        row.attempts += 1
        row.due_at = timezone.now() + LEASE
        row.save(update_fields=["attempts", "due_at"])
    return WebhookDelivery.objects.select_related("target__owner", "step__case").get(pk=row.pk)


def _deliver(row: WebhookDelivery) -> None:
    if not row.target.active:
        _end(row, "unseen", "the target is switched off")
    elif not _sees(row):
        _end(row, "unseen", "the owner does not see this")
    else:
        _told(row, _sent(row))


def _sees(row: WebhookDelivery) -> bool:
    """Whether the owner sees the step: the case itself, and of how near its target is, staff alone."""
    viewer_of: Callable[[Any], Viewer] = import_string(settings.VIEWER_OF)
    viewer, case = viewer_of(row.target.owner), row.step.case
    if row.step.act in DUE_ACTS and (not is_staff(viewer) or look_at(case, viewer).is_filer):
        return False
    return visible_cases(viewer).filter(pk=case.pk).exists()


def _told(row: WebhookDelivery, said: str) -> None:
    """Write down what came of it: delivered, to be sent again, or given up."""
    if said.startswith("2"):
        _end(row, "delivered", said)
    elif row.attempts > len(WAITS_S):
        _end(row, "failed", said)
    else:
        due = timezone.now() + timedelta(seconds=WAITS_S[row.attempts - 1])
        _mine(row).update(due_at=due, said=said)


def _end(row: WebhookDelivery, state: str, said: str) -> None:
    _mine(row).update(state=state, ended_at=timezone.now(), said=said)


def _mine(row: WebhookDelivery) -> Any:
    """The row as long as no other worker took it since: what came late changes nothing."""
    return WebhookDelivery.objects.filter(pk=row.pk, state="waiting", attempts=row.attempts)


def body_of(row: WebhookDelivery) -> bytes:
    """Return what is told: ids and words of the engine, no names and no texts; the same for every attempt."""
    step, case = row.step, row.step.case
    data = {
        "reference": case.reference,
        "service": case.service,
        "act": step.act,
        "stage": step.stage,
        "round": step.round,
        "step": step.pk,
        "href": f"{settings.PUBLIC_URL}{reverse('api-case', args=[case.reference])}",
    }
    return dumps({"type": f"case.{step.act}", "timestamp": step.at.isoformat(), "data": data}).encode()


def _sent(row: WebhookDelivery) -> str:
    """Send a row; return the status of the answer, or why there was none. Redirects are answers, not followed."""
    body, timestamp = body_of(row), int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "gisportal-webhooks",
        "webhook-id": str(row.uid),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(_open(row.target.secret), str(row.uid), timestamp, body),
    }
    try:
        parts, entry = require_fit_address(row.target.url)
        return str(_post(parts, _resolved(parts, entry), body, headers))
    except UnfitAddress as unfit:
        return unfit.en
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return f"{type(error).__name__}: {error}"[:200]


def _post(parts: SplitResult, address: tuple[str, int], body: bytes, headers: dict[str, str]) -> int:
    host = parts.hostname or ""
    plain = socket.create_connection(address, timeout=TIMEOUT_S)
    stream: socket.socket = plain
    try:
        if parts.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        connection = http.client.HTTPConnection(host, address[1], timeout=TIMEOUT_S)
        connection.sock = stream
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {**headers, "Host": parts.netloc})
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return answer.status
    finally:
        stream.close()
