# ruff: noqa: E501 - a sentence is read whole
"""Texts about what was asked for, before any file is read: the service and the parcels (REQ)."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUEST"]

REQUEST: Final[dict[str, dict[str, dict[str, str]]]] = {
    "REQ-01": {
        "": {
            "ar": "لا توجد خدمة مكانية بالرمز «{service}». الخدمات المتاحة: {services}.",
            "en": "There is no land service with the code '{service}'. There are: {services}.",
        },
    },
    "REQ-02": {
        "form": {
            "ar": "«{text}» ليس معرّف قطعة ولا رقمًا بالصيغة «المخطط/البلك/القطعة». ضع «-» مكان ما لا يوجد، مثل: 1234/-/17.",
            "en": "'{text}' is neither the uid of a parcel nor a number of the form PLAN/BLOCK/PARCEL. Write - for what there is not, for example: 1234/-/17.",
        },
        "several": {
            "ar": "الرقم «{text}» تحمله {count} من القطع القائمة. حدد القطعة بمعرّفها: {uids}.",
            "en": "The number '{text}' belongs to {count} current parcels. Name the parcel by its uid: {uids}.",
        },
    },
}
