"""What the reading child gives up: the same for survey files as for layers, see ``layers.files.confine``."""

from __future__ import annotations

from layers.files.confine import die_with_parent, filter_system_calls, leave_network, limit_resources

__all__ = ["die_with_parent", "filter_system_calls", "leave_network", "limit_resources"]
