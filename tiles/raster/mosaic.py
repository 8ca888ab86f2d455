"""Many files as one picture: the newest on top, older ones where it holds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiles.raster.sheets import Pixels, Square, reader_of

__all__ = ["mosaic", "over"]


def mosaic(paths: Iterable[str], square: Square) -> Pixels | None:
    """Return the pixels of a square from copies in order, the topmost first; None where none holds any.

    Reading ends as soon as every pixel is opaque, so what lies hidden costs nothing.
    """
    top: Pixels | None = None
    for path in paths:
        below = reader_of(path).pixels(square)
        if below is None:
            continue
        top = below if top is None else over(top, below)
        if top.alpha is None:
            break
    return top


def over(top: Pixels, below: Pixels) -> Pixels:
    """Return one picture laid over another (Porter and Duff's *over*, on colours that are not premultiplied).

    Heights are not blended: where the upper picture holds none, the lower one's count.

    References
    ----------
    T. Porter, T. Duff, Compositing Digital Images, SIGGRAPH 1984.
    """
    if top.alpha is None:
        return top
    alpha = top.alpha.copy()
    values = _with_bands(top.values, below.values.shape[0]).copy()
    lower = _with_bands(below.values, values.shape[0])
    empty = alpha == 0
    values[:, empty] = lower[:, empty]
    alpha[empty] = 255 if below.alpha is None else below.alpha[empty]
    partly = (top.alpha > 0) & (top.alpha < 255)
    if partly.any():
        ours = top.alpha[partly].astype(np.float32) / 255
        theirs = np.float32(1.0) if below.alpha is None else below.alpha[partly].astype(np.float32) / 255
        theirs = theirs * (1 - ours)
        whole = ours + theirs
        values[:, partly] = np.rint((values[:, partly] * ours + lower[:, partly] * theirs) / whole)
        alpha[partly] = np.rint(whole * 255)
    return Pixels(values, None if alpha.min() == 255 else alpha)


def _with_bands(values: NDArray[Any], bands: int) -> NDArray[Any]:
    """Return grey as three colours where the other picture has three."""
    return np.repeat(values, bands, axis=0) if len(values) == 1 and bands > 1 else values
