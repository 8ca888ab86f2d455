"""Arithmetic that gives the same bits on every machine.

The C library's ``sin`` and ``atan2`` may differ in the last bit between machines, and a last bit can move a rounded
millimetre. These functions use only ``+ - * /`` and ``sqrt``, which IEEE 754 defines exactly.
"""

from __future__ import annotations

from math import sqrt

__all__ = ["area2_mm2", "atan_of", "hypot_of", "sincos"]

_SERIES_LIMIT = 1.7
_LEAST_TERM = 1e-19


def sincos(angle: float) -> tuple[float, float]:
    """Return sine and cosine of an angle in radians, ``-1.7 <= angle <= 1.7``.

    Raises
    ------
    ValueError
        Outside that range, where the series would lose digits.

    Examples
    --------
    >>> sincos(0.0)
    (0.0, 1.0)
    """
    if not -_SERIES_LIMIT <= angle <= _SERIES_LIMIT:
        raise ValueError(f"angle {angle} is outside the range of the series")
    square = angle * angle
    sine, cosine, term, n = angle, 1.0, 1.0, 1
    while term > _LEAST_TERM or term < -_LEAST_TERM:
        term = -term * square / (n * (n + 1))
        cosine += term
        sine += term * angle / (n + 2)
        n += 2
    return sine, cosine


def atan_of(y: float, x: float) -> float:
    """Return the angle in radians whose tangent is ``y / x``, for ``x > 0``.

    Examples
    --------
    >>> round(atan_of(1.0, 1.0) * 4, 12)
    3.14159265359
    """
    t = y / x
    for _ in range(3):
        t = t / (1.0 + sqrt(1.0 + t * t))
    square = t * t
    total, power = t, t
    for n in range(3, 31, 2):
        power = -power * square
        total += power / n
    return 8.0 * total


def hypot_of(x: float, y: float) -> float:
    """Return the length of a vector (``math.hypot`` may use other instructions on other machines)."""
    return sqrt(x * x + y * y)


def area2_mm2(ring: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> int:
    """Return twice the signed area of a closed ring of whole millimetres; positive when counter-clockwise.

    Examples
    --------
    >>> area2_mm2([(0, 0), (2, 0), (2, 3), (0, 3), (0, 0)])
    12
    """
    total = 0
    x0, y0 = ring[0]
    px, py = 0, 0
    for x, y in ring[1:]:
        qx, qy = x - x0, y - y0
        total += px * qy - qx * py
        px, py = qx, qy
    return total
