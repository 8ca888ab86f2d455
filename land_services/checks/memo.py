"""Remember what was worked out for the very same values: the checks of one run share the fitting of the drawing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import local
from typing import Any, ParamSpec, TypeVar

__all__ = ["once_per_run"]

P = ParamSpec("P")
R = TypeVar("R")
KEPT = 4


def once_per_run(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with its last results kept, looked up by the identity of its arguments.

    Facts hold geometries and mappings and cannot be hashed; they are frozen, so the same object has the same result.
    The arguments are kept with the result, so that an id cannot be given to another object meanwhile.
    """
    store = local()

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        kept: list[tuple[tuple[Any, ...], R]] = store.__dict__.setdefault("kept", [])
        values = (*args, *kwargs.values())
        for known, result in kept:
            if len(known) == len(values) and all(a is b for a, b in zip(known, values, strict=True)):
                return result
        result = function(*args, **kwargs)
        kept.insert(0, (values, result))
        del kept[KEPT:]
        return result

    return remembered
