"""Waking the relay after a commit: a courtesy. What nobody was woken for, it finds when it looks by itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

__all__ = ["wake"]

_QUIET_S: Final = 30.0
"""After a broker that did not answer, nobody waits for it again for so long."""

log = logging.getLogger(__name__)
_lock = threading.Lock()
_quiet_until = 0.0


def wake() -> bool:
    """Ask the relay to look at the outbox now; return whether anybody was asked. It never raises or waits long."""
    global _quiet_until
    if not settings.NOTICES_WAKE or time.monotonic() < _quiet_until:
        return False
    try:
        ask: Callable[[], None] = import_string(settings.NOTICES_WAKE)
        ask()
    except Exception as error:  # whatever the broker's client raises: the message is safe in the outbox
        with _lock:
            _quiet_until = time.monotonic() + _QUIET_S
        log.warning("the broker does not answer (%s); messages wait for the next look", type(error).__name__)
        return False
    return True
