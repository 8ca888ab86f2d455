"""How often one client may ask: a bucket of tokens for each address, filled again steadily.

A bucket is a moment (the generic cell rate algorithm): when it will be full again. Each process has its own buckets;
where processes share a cache (``REDIS_URL``), a count of each minute there bounds what all of them allow together.
Addresses are held in memory, or as keyed hashes in the cache, for a minute or so, and are logged nowhere.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as once
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from layers.clients import client_address
from layers.problems import Problem

__all__ = ["Buckets", "Verdict", "allow", "limited", "take"]

_MOST_CLIENTS: Final = 50_000
_WINDOW_S: Final = 60


@dataclass(frozen=True)
class Verdict:
    """Whether a request may be answered; tokens that are left; seconds until the next one, and until all are back."""

    is_allowed: bool
    remaining: int
    wait_s: float
    full_s: float


class Buckets:
    """Buckets of one process, by client; safe among threads.

    Parameters
    ----------
    per_minute, burst : int
        How fast a bucket is filled, and how much it holds; both at least 1.
    """

    def __init__(self, per_minute: int, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self.each_s, self.burst, self._now = 60 / per_minute, burst, now
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, client: str) -> Verdict:
        """Take a token, where there is one; asking in vain costs nothing."""
        now = self._now()
        with self._lock:
            full_at = max(self._full_at.get(client, now), now) + self.each_s
            missing_s = full_at - now - self.burst * self.each_s
            if missing_s > 1e-9:
                return Verdict(False, 0, missing_s, full_at - self.each_s - now)
            if len(self._full_at) >= _MOST_CLIENTS:
                self._forget(now)
            self._full_at[client] = full_at
        return Verdict(True, math.floor(-missing_s / self.each_s + 1e-6), 0.0, full_at - now)

    def _forget(self, now: float) -> None:
        """Drop full buckets, which are like none; and if nearly all are in use, the fullest ones."""
        kept = {client: at for client, at in self._full_at.items() if at > now}
        if len(kept) >= _MOST_CLIENTS:
            fewest = sorted(kept, key=kept.__getitem__, reverse=True)[: _MOST_CLIENTS // 2]
            kept = {client: kept[client] for client in fewest}
        self._full_at = kept


@once
def _buckets(what: str, per_minute: int, burst: int) -> Buckets:
    return Buckets(per_minute, burst)


def allow(request: HttpRequest, what: str, per_minute: int, burst: int) -> Verdict:
    """Take a token of the client's bucket for ``what``, and say whether there was one."""
    client = client_address(request)
    verdict = _buckets(what, per_minute, burst).take(client)
    if verdict.is_allowed and settings.REDIS_URL:
        verdict = _shared(f"{what} {client}", per_minute + burst, verdict)
    return verdict


def take(request: HttpRequest) -> dict[str, str]:
    """Take a token for a request; return the headers that tell what is left. Without a limit there are none.

    Raises
    ------
    Problem
        429 with ``Retry-After``: no token is left.
    """
    per_minute, burst = settings.API_PER_MINUTE, settings.API_BURST
    if not per_minute:
        return {}
    verdict = allow(request, "api", per_minute, burst)
    fill_s = math.ceil(60 * burst / per_minute)
    headers = {
        "RateLimit-Policy": f'"client";q={burst};w={fill_s}',
        "RateLimit": f'"client";r={verdict.remaining};t={math.ceil(verdict.full_s)}',
    }
    if not verdict.is_allowed:
        raise limited(max(1, math.ceil(verdict.wait_s)), headers)
    return headers


def _shared(client: str, most: int, verdict: Verdict) -> Verdict:
    """Return the verdict of all processes together: no more in a minute than one full bucket and what flows in."""
    now = time.time()
    name = salted_hmac("layers.limits", client, algorithm="sha256").hexdigest()[:32]
    key = f"limit-{name}-{int(now // _WINDOW_S)}"
    try:
        cache.add(key, 0, 2 * _WINDOW_S)
        count = cache.incr(key)
    except Exception:  # the limits of each process hold without the cache
        return verdict
    if count <= most:
        return Verdict(True, min(verdict.remaining, most - count), 0.0, verdict.full_s)
    left_s = _WINDOW_S - now % _WINDOW_S
    return Verdict(False, 0, left_s, left_s)


def limited(wait_s: int, headers: dict[str, str]) -> Problem:
    """Return the refusal of a client that asks too often."""
    return Problem(
        429,
        f"وصلت منك طلبات كثيرة في وقت قصير. انتظر {wait_s} ثانية ثم أعد المحاولة.",
        f"Too many requests came from you in a short time. Wait {wait_s} s, then try again.",
        headers={**headers, "Retry-After": str(wait_s)},
    )
