"""The catalogue of services: one TOML card per service, validated when it is loaded.

A card says what a service is to people and to the workflow: who may apply, which documents it takes, its form, its
conditions, stages, referrals, days, fee, outputs, and how long its files are kept. Each fact names its source; one
without an official source is marked ``placeholder``. Errors name the file, the line and the key.
"""

from __future__ import annotations

from land_services.catalogue.errors import CatalogueError
from land_services.catalogue.loading import (
    FOLDER,
    departments,
    load_catalogue,
    office_classes,
    read_card,
    read_folders,
    use_folders,
)
from land_services.catalogue.model import (
    ALLOWED,
    ROLES,
    Choice,
    Department,
    Document,
    Fee,
    FeeStep,
    Field,
    Item,
    OfficeClass,
    OnlyIf,
    Output,
    Referral,
    Retention,
    ServiceCard,
    Stage,
)
from land_services.catalogue.seeing import may_see, visible_cards
from land_services.catalogue.shared_facts import Shared, read_shared

__all__ = [
    "ALLOWED",
    "FOLDER",
    "ROLES",
    "CatalogueError",
    "Choice",
    "Department",
    "Document",
    "Fee",
    "FeeStep",
    "Field",
    "Item",
    "OfficeClass",
    "OnlyIf",
    "Output",
    "Referral",
    "Retention",
    "ServiceCard",
    "Shared",
    "Stage",
    "departments",
    "load_catalogue",
    "may_see",
    "office_classes",
    "read_card",
    "read_folders",
    "read_shared",
    "use_folders",
    "visible_cards",
]
