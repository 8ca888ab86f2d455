"""Outlines for small scales: made from the layers, refreshed by what changes them (ADR 0026)."""

from __future__ import annotations

__all__ = ["install"]


def install() -> None:
    """Listen to the changes of all layers."""
    from tiles.generalise import changes  # needs the models, so not before the applications are ready

    changes.install()
