"""Cards as JSON and back: a case keeps the card that it was filed under, whatever becomes of the catalogue.

Amounts are texts, so that no decimal is lost. A card written before a key was added is read with that key's default.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from land_services.catalogue.model import ServiceCard

__all__ = ["digest", "from_json", "to_json"]


def to_json(card: ServiceCard) -> dict[str, Any]:
    """Return a card as JSON values; ``from_json`` gives an equal card back."""
    plain = _plain(card)
    return dict(plain)


def from_json(data: Mapping[str, Any]) -> ServiceCard:
    """Return the card that ``to_json`` wrote.

    Raises
    ------
    ValueError
        Naming the place where the values are not those of a card.
    """
    card: ServiceCard = _read(ServiceCard, data, "card")
    return card


def digest(card: ServiceCard) -> str:
    """Return the SHA-256 of a card's content in hexadecimal: equal for equal cards, in every process."""
    text = json.dumps(to_json(card), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@lru_cache(maxsize=64)
def _hints(of: type) -> dict[str, Any]:
    return get_type_hints(of)


def _read(of: Any, value: Any, place: str) -> Any:
    origin = get_origin(of)
    if origin in (Union, types.UnionType):
        return _read_either(get_args(of), value, place)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise ValueError(f"{place}: a list is expected")
        return origin(_read(get_args(of)[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    if origin is Literal:
        if value not in get_args(of):
            raise ValueError(f"{place}: {value!r} is not one of {get_args(of)}")
        return value
    if is_dataclass(of) and isinstance(of, type):
        return _read_fields(of, value, place)
    return _read_value(of, value, place)


def _read_either(options: tuple[Any, ...], value: Any, place: str) -> Any:
    if value is None and type(None) in options:
        return None
    real = [option for option in options if option is not type(None)]
    for option in real:
        if option is Decimal or is_dataclass(option) or type(value) is option:
            return _read(option, value, place)
    raise ValueError(f"{place}: {type(value).__name__} is not expected")


def _read_fields(of: type, value: Any, place: str) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place}: an object is expected")
    known = {field.name: field for field in fields(of)}
    for name in value:
        if name not in known:
            raise ValueError(f"{place}.{name}: is not known")
    for name, field in known.items():
        if name not in value and field.default is MISSING:
            raise ValueError(f"{place}.{name}: is missing")
    hints = _hints(of)
    return of(**{name: _read(hints[name], given, f"{place}.{name}") for name, given in value.items()})


def _read_value(of: Any, value: Any, place: str) -> Any:
    if of is Decimal and isinstance(value, str):
        try:
            return Decimal(value)
        except ArithmeticError:
            raise ValueError(f"{place}: {value!r} is no number") from None
    if type(value) is not of:
        raise ValueError(f"{place}: {type(value).__name__} is not expected")
    return value
