"""A tree into a condition of PostgreSQL over the columns of ``layers.relation.Relation``.

Names in it are those of fields that the caller lets be read, values are parameters, and types are checked here: what
does not fit is refused with its place, before the database sees it. Nothing in a condition can fail on some row:
a division by zero, a root of a negative number and an overflow are unknown (NULL), as a missing value is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from layers.files.mapping import LayerField

from . import spatial, temporal
from .errors import FilterRefused, short
from .names import ARITHMETIC, COMPARISONS, SPATIAL, TEMPORAL, TEXT_FUNCTIONS
from .refusals import Type, not_comparable, unknown_function, unlike, wrong_arguments, wrong_type
from .tree import Boolean, Box, Date, Interval, Node, Number, Operation, Property, Shape, Text, Timestamp

__all__ = ["Compiler"]

_TYPES: Final[Mapping[str, Type]] = {
    "text": "text",
    "uuid": "text",
    "decimal": "number",
    "integer": "number",
    "float": "number",
    "datetime": "moment",
    "date": "moment",
}
"""What each kind of field is to a filter; a field of any other kind cannot be asked for."""

# Marks that a letter carries: combining marks of Latin, Greek and Cyrillic, and the vowel signs and hamzas of Arabic.
_MARKS: Final = "[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"

_ASIDE: Final = "\ue131"  # for private use: no letter of anybody's


@dataclass(frozen=True)
class _Made:
    """A piece of SQL and what it is; ``is_exact`` marks numbers that are ``numeric``, ``is_computed`` results."""

    type: Type
    sql: str
    is_exact: bool = False
    is_computed: bool = False


class Compiler:
    """Makes one condition; use it once.

    Parameters
    ----------
    fields : mapping of str to LayerField
        What may be asked for, by name.
    geometry_name : str
        The name by which the geometry is asked for; its column is ``geom``.
    place : spatial.Placing
        How geometries that are written come into the storage CRS.
    zone : str
        Time zone of days.
    alias : str
        Alias of the relation in the query that the condition is for.
    """

    def __init__(
        self, fields: Mapping[str, LayerField], geometry_name: str, place: spatial.Placing, zone: str, alias: str
    ) -> None:
        self.fields = {name: f for name, f in fields.items() if f.kind in _TYPES}
        self.geometry_name = geometry_name
        self.place = place
        self.zone = zone
        self.alias = alias
        self.params: dict[str, Any] = {}
        self.properties: set[str] = set()

    def condition(self, node: Node) -> str:
        """Return the SQL of a condition."""
        return self._of(node, "boolean").sql

    def param(self, value: Any, cast: str) -> str:
        """Return the SQL of a value."""
        name = f"flt_{len(self.params)}"
        self.params[name] = value
        return f"%({name})s::{cast}"

    def column(self, name: str) -> str:
        """Return the SQL of a field's column."""
        return f'{self.alias}."{name}"'

    @property
    def geom(self) -> str:
        """The SQL of the geometry's column."""
        return f"{self.alias}.geom"

    # Nodes ------------------------------------------------------------------------------------------------------

    def _of(self, node: Node, wanted: Type) -> _Made:
        made = self._make(node)
        if made.type != wanted:
            raise wrong_type(node, made.type, wanted)
        return made

    def _make(self, node: Node) -> _Made:
        match node:
            case Operation():
                return self._operation(node)
            case Property():
                return self._property(node)
            case Text():
                return _Made("text", self.param(node.value, "text"))
            case Number():
                return _Made("number", self.param(node.value, "numeric"), is_exact=True)
            case Boolean():
                return _Made("boolean", "TRUE" if node.value else "FALSE")
            case Date() | Timestamp():
                return _Made("moment", "")
            case Interval():
                return _Made("interval", "")
            case Shape() | Box():
                self.place.shape(node)  # what is not valid is refused wherever it stands
                return _Made("geometry", "")

    def _property(self, node: Property) -> _Made:
        if node.name == self.geometry_name:
            self.properties.add(node.name)
            return _Made("geometry", self.geom)
        field = self.field(node)
        column = self.column(field.name)
        return _Made(_TYPES[field.kind], f"{column}::text" if field.kind == "uuid" else column)

    def field(self, node: Property) -> LayerField:
        """Return the field that is meant; one that does not exist and one that may not be read are refused alike."""
        field = self.fields.get(node.name)
        if field is None:
            raise self._unknown(node)
        self.properties.add(node.name)
        return field

    def _unknown(self, node: Property) -> FilterRefused:
        names = ", ".join([self.geometry_name, *self.fields])
        return FilterRefused(
            f'ليس في الطبقة خاصية باسم "{short(node.name)}".',
            f'The layer has no property "{short(node.name)}".',
            what="unknown_property",
            where=node.at,
            todo_ar=f"خصائصها: {names}. والنص يُكتب بين علامتين مفردتين مثل 'سكني'.",
            todo_en=f"Its properties: {names}. A text is written in single quotes, as in 'residential'.",
        )

    def _operation(self, node: Operation) -> _Made:
        name, args = node.name, node.args
        if name in ("and", "or"):
            parts = [self._of(a, "boolean").sql for a in args]
            return _Made("boolean", f"({f' {name.upper()} '.join(parts)})")
        if name == "not":
            return _Made("boolean", f"(NOT {self._of(args[0], 'boolean').sql})")
        if name == "isNull":
            return self._null(args[0])
        if name in COMPARISONS:
            return _Made("boolean", self._compare(node, args[0], name, args[1]))
        if name == "between":
            return self._between(node)
        if name == "in":
            return self._in(node)
        if name == "like":
            return self._like(node)
        if name in TEXT_FUNCTIONS:
            return self._text_function(node)
        if name in ARITHMETIC:
            return self._arithmetic(node)
        if name in SPATIAL:
            return self._spatial(node)
        if name in TEMPORAL:
            return _Made("boolean", temporal.relation(self, node))
        raise unknown_function(node)

    def _null(self, arg: Node) -> _Made:
        if isinstance(arg, (Date, Timestamp, Interval, Shape, Box)):
            self._make(arg)
            return _Made("boolean", "FALSE")
        return _Made("boolean", f"({self._make(arg).sql} IS NULL)")

    # Comparisons ------------------------------------------------------------------------------------------------

    def _compare(self, node: Operation, left: Node, sign: str, right: Node) -> str:
        if uuid := self._uuid(left, sign, right):
            return uuid
        one, other = self._make(left), self._make(right)
        if one.type != other.type:
            raise unlike(node, left, one.type, right, other.type)
        if one.type in ("interval", "geometry"):
            raise not_comparable(node, one.type)
        if one.type == "moment":
            return temporal.comparison(self, left, sign, right)
        if one.type == "boolean" and sign not in ("=", "<>"):
            raise not_comparable(node, "boolean")
        if one.type == "number":
            return f"({_number(one, other)} {sign} {_number(other, one)})"
        return f"({one.sql} {sign} {other.sql})"

    def _uuid(self, left: Node, sign: str, right: Node) -> str:
        """Return the comparison of an identifier with one that is written, by the column's index; "" if it is none."""
        if sign not in ("=", "<>"):
            return ""
        if isinstance(left, Text):
            left, right = right, left
        if not isinstance(left, Property) or not isinstance(right, Text) or left.name == self.geometry_name:
            return ""
        if self.field(left).kind != "uuid" or not is_uuid(right.value):
            return ""
        return f"({self.column(left.name)} {sign} {self.param(right.value, 'uuid')})"

    def _between(self, node: Operation) -> _Made:
        value, low, high = node.args
        if self._make(value).type not in ("number", "moment"):
            raise wrong_type(value, self._make(value).type, "number")
        parts = (self._compare(node, value, ">=", low), self._compare(node, value, "<=", high))
        return _Made("boolean", f"({parts[0]} AND {parts[1]})")

    def _in(self, node: Operation) -> _Made:
        value, *items = node.args
        if not items:
            made = self._make(value)
            return _Made("boolean", f"(CASE WHEN {made.sql} IS NOT NULL THEN FALSE END)" if made.sql else "FALSE")
        if (made_in := self._in_array(value, items)) is not None:
            return made_in
        return _Made("boolean", f"({' OR '.join(self._compare(node, value, '=', item) for item in items)})")

    def _in_array(self, value: Node, items: list[Node]) -> _Made | None:
        """Return the common case as one array: texts or numbers that are written, compared with a field."""
        if not isinstance(value, Property) or value.name == self.geometry_name:
            return None
        field = self.field(value)
        if _TYPES[field.kind] == "text" and field.kind != "uuid" and all(isinstance(i, Text) for i in items):
            cast = "text[]"
        elif _TYPES[field.kind] == "number" and all(isinstance(i, Number) for i in items):
            cast = "numeric[]" if field.kind != "float" else "float8[]"
        elif field.kind == "uuid" and all(isinstance(i, Text) and is_uuid(i.value) for i in items):
            cast = "uuid[]"
        else:
            return None
        values = [i.value for i in items]  # type: ignore[union-attr]  # all are texts or numbers, see above
        return _Made("boolean", f"({self.column(field.name)} = ANY({self.param(values, cast)}))")

    def _like(self, node: Operation) -> _Made:
        value, pattern = node.args
        _check_pattern(pattern)
        sql = f"({self._of(value, 'text').sql} LIKE {self._of(pattern, 'text').sql})"
        return _Made("boolean", sql)

    def _text_function(self, node: Operation) -> _Made:
        if len(node.args) != 1:
            raise wrong_arguments(node, "واحد", "one argument")
        inside = self._of(node.args[0], "text").sql
        if node.name == "casei":
            # Full case folding (Unicode 5.18): by upper case, so that ß becomes ss; all three sigmas are one letter,
            # and the dotless i, whose upper case is I, waits outside.
            kept = f"replace({inside}, 'ı', '{_ASIDE}') COLLATE \"und-x-icu\""
            folded = f"replace(lower(upper(lower({kept}))), 'ς', 'σ')"
            return _Made("text", f"(replace({folded}, '{_ASIDE}', 'ı') COLLATE \"C\")")
        bare = f"regexp_replace(normalize({inside}, NFD), '{_MARKS}', '', 'g')"
        return _Made("text", f'(normalize({bare}, NFC) COLLATE "C")')

    # Numbers ----------------------------------------------------------------------------------------------------

    def _arithmetic(self, node: Operation) -> _Made:
        if len(node.args) != 2:
            raise wrong_arguments(node, "اثنان", "two arguments")
        a, b = (_exact(self._of(arg, "number")) for arg in node.args)
        if node.name in ("+", "-", "*"):
            return _Made("number", f"({a} {node.name} {b})", is_exact=True, is_computed=True)
        if node.name == "/":
            return _Made("number", f"({a} / NULLIF({b}, 0))", is_exact=True, is_computed=True)
        if node.name == "div":
            return _Made("number", f"div({a}, NULLIF({b}, 0))", is_exact=True, is_computed=True)
        if node.name == "%":
            return _Made("number", f"mod({a}, NULLIF({b}, 0))", is_exact=True, is_computed=True)
        # OFFSET 0 keeps the two values computed once, however often the cases name them.
        power = (
            "(SELECT CASE WHEN a = 0 AND b < 0 OR a < 0 AND b <> floor(b) THEN NULL"
            f" WHEN a <> 0 AND abs(b * ln(abs(a))) > {_LARGEST_LN} THEN NULL ELSE power(a, b) END::numeric"
            f" FROM (SELECT ({a})::float8 AS a, ({b})::float8 AS b OFFSET 0) p)"
        )
        return _Made("number", power, is_exact=True, is_computed=True)

    # Space ------------------------------------------------------------------------------------------------------

    def _spatial(self, node: Operation) -> _Made:
        if len(node.args) != 2:
            raise wrong_arguments(node, "اثنان", "two arguments")
        for arg in node.args:
            self._of(arg, "geometry")
        left, right = node.args
        fixed = [None if isinstance(a, Property) else self.place.shape(a) for a in (left, right)]  # type: ignore[arg-type]
        return _Made("boolean", spatial.relation(self, node, fixed[0], fixed[1]))


_LARGEST_LN: Final = 500  # powers stay below 1e217: they fit a float8, and what is computed with them numeric


def _exact(made: _Made) -> str:
    return made.sql if made.is_exact else f"{made.sql}::numeric"


def _number(made: _Made, beside: _Made) -> str:
    """Return a number as it is compared: a field with a field or a value as they are, all else as ``numeric``."""
    return _exact(made) if made.is_computed or beside.is_computed else made.sql


def is_uuid(text: str) -> bool:
    """Return whether a text is an identifier in its usual spelling."""
    parts = text.split("-")
    return [len(p) for p in parts] == [8, 4, 4, 4, 12] and all(c in "0123456789abcdefABCDEF" for c in "".join(parts))


def _check_pattern(pattern: Node) -> None:
    inside = pattern
    while isinstance(inside, Operation) and inside.name in TEXT_FUNCTIONS and len(inside.args) == 1:
        inside = inside.args[0]
    if not isinstance(inside, Text):
        raise FilterRefused(
            "نمط LIKE ليس نصًا مكتوبًا.",
            "The pattern of LIKE is not a text that is written.",
            what="wrong_type",
            where=pattern.at,
            todo_ar="اكتبه مثل 'النخيل%' أو CASEI('al%')",
            todo_en="Write it as in 'Al%' or CASEI('al%')",
        )
    slashes = len(inside.value) - len(inside.value.rstrip("\\"))
    if slashes % 2:
        raise FilterRefused(
            "نمط LIKE ينتهي بشرطة عكسية لا تتبعها علامة.",
            "The pattern of LIKE ends with a backslash that escapes nothing.",
            what="bad_value",
            where=pattern.at,
            todo_ar="اكتب \\\\ للشرطة العكسية نفسها.",
            todo_en="Write \\\\ for a backslash itself.",
        )
