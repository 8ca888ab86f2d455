"""Opening hours of the made-up places in OpenStreetMap's notation, and as people write them who do not know it."""

from __future__ import annotations

__all__ = ["FREE_WORDS", "HOURS", "Hours", "hours_of"]

Hours = tuple[str, str]
"""Hours of the year, and those of Ramadan instead ("": the same)."""

OFFICE_RAMADAN = "Su-Th 10:00-15:00; PH off"
SHOP_RAMADAN = "13:00-17:00,20:00-03:00"

HOURS: dict[str, tuple[Hours, ...]] = {
    "mosque": (("24/7", ""), ("(dawn-00:20)-(sunrise+00:20),11:20-13:00,14:40-16:10,(sunset-00:20)-21:15", "24/7")),
    "park": (
        ("24/7", ""),
        ("16:00-24:00", "20:30-03:00"),
        ("Sa-We 16:00-23:00; Th-Fr 15:00-01:00", ""),
        ("Oct-Apr 15:00-23:00; May-Sep 17:00-01:00", "20:00-02:30"),
    ),
    "fuel": (("24/7", ""), ("24/7", ""), ("05:00-01:00", "10:00-04:00")),
    "school": (
        ("Su-Th 06:30-13:30", "Su-Th 09:00-14:00"),
        ("Su-Th 06:45-13:15; Jul-Aug off; PH off", "Su-Th 09:00-14:00; PH off"),
        ("Su-Th 06:30-13:00; SH,PH off", ""),
    ),
    "municipal": (("Su-Th 07:30-14:30; PH off", OFFICE_RAMADAN), ("Su-Th 07:30-14:30; PH off", "")),
    "public_service": (
        ("Su-Th 08:00-16:00", "Su-Th 10:00-15:00"),
        ("Su-Th 08:00-20:00; Sa 09:00-15:00; PH off", "Su-Th 10:00-15:00,21:00-24:00; PH off"),
    ),
    "health": (
        ("Sa-Th 08:00-23:00; Fr 16:00-23:00", "11:00-17:00,20:30-02:00"),
        ("24/7", ""),
        ("Sa-Th 09:00-12:00,16:00-22:00; Fr off", "Sa-Th 10:00-15:00,20:30-01:00; Fr off"),
        ("Sa-Th 08:00-23:00; Fr 16:00-23:00", ""),
    ),
    "food": (
        ("Sa-Th 06:00-24:00; Fr 13:00-24:00", SHOP_RAMADAN),
        ("Sa-Th 06:00-11:35,12:10-14:50,15:20-17:00,17:30-24:00; Fr 06:00-10:50,13:00-24:00", ""),
        ("24/7", ""),
        ("05:30-01:00", "10:00-04:00"),
        ("Sa-Th 07:00-23:30; Fr 13:30-23:30", SHOP_RAMADAN),
        ("Mo-Su,PH 06:00-02:00", ""),
    ),
    "gas": (
        ("Sa-Th 07:00-22:00; Fr 13:30-22:00", "Sa-Th 10:00-17:00,21:00-01:00; Fr 13:30-17:00"),
        ("Sa-Th 06:30-12:00,13:00-17:00,(sunset+00:20)-23:00; Fr 13:30-23:00", ""),
    ),
    "water": (
        ("Sa-Th 07:00-23:00; Fr 13:30-23:00", SHOP_RAMADAN),
        ("Sa-Th 08:00-12:00,13:00-22:00; Fr 16:00-22:00", ""),
        ("24/7", ""),
    ),
    "repair": (
        ("Sa-Th 08:00-12:00,16:00-21:00", "Sa-Th 10:00-16:00,21:00-01:00"),
        ("Sa-We 08:00-18:00; Th 08:00-13:00; Fr off", ""),
        ("Sa-Th 08:30-12:00,13:00-17:30; Fr off; PH off", ""),
    ),
}
"""By category: rest on Friday, breaks for prayer, past midnight, by the sun, seasons, holidays."""

OF_KIND: dict[str, Hours] = {"hospital": ("24/7", ""), "police": ("24/7", ""), "fire_station": ("24/7", "")}
RESTAURANT: tuple[Hours, ...] = (
    ("06:00-11:00,12:00-02:00", "17:30-04:00"),
    ("Sa-We 12:00-24:00; Th-Fr 13:00-01:30", ""),
)

FREE_WORDS = ("من العصر إلى العشاء", "يوميا بعد الفجر", "8 to 12 & 4 to 9", "حسب الموعد")
"""What is no notation and stays not understood."""


def hours_of(category: str, kind: str, number: int) -> Hours:
    """Return the hours of the ``number``-th place: the same for the same number, mixed along a street.

    One shop in twenty does not say its hours, and one in thirty says them in words of its own.
    """
    if kind in OF_KIND:
        return OF_KIND[kind]
    mixed = number * 2_654_435_761 >> 16
    if category not in ("mosque", "school", "municipal", "park"):
        if mixed // 7 % 20 == 0:
            return "", ""
        if mixed // 7 % 30 == 1:
            return FREE_WORDS[mixed % len(FREE_WORDS)], ""
    choices = RESTAURANT if kind == "restaurant" else HOURS[category]
    return choices[mixed % len(choices)]
