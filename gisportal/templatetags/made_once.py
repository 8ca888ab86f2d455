"""``{% made_once a b %} … {% endmade_once %}``: a part of a page that is made once in each language and then kept.

Most of a page says the same each time, and to make that from its template anew took longer than the search itself.
What stands inside may depend on the language, on the values that are named, and on what holds as long as the process
does (settings, translations, addresses, names of static files); on nothing else, and never on who is looking. It is
kept in the template itself: a template that is read anew begins anew.
"""

from __future__ import annotations

from typing import Final

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

_MOST_KEPT: Final = 64
"""Parts kept of one place in a template: then they are made anew, so that no values fill the memory."""


class MadeOnce(template.Node):
    """A part of a template with what was made from it, by language and values. Threads may make the same twice."""

    def __init__(self, nodelist: NodeList, values: list[FilterExpression]) -> None:
        self.nodelist, self.values = nodelist, values
        self.made: dict[tuple[str, ...], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        key = (get_language() or "", *(str(value.resolve(context)) for value in self.values))
        made = self.made.get(key)
        if made is None:
            made = self.nodelist.render(context)
            if len(self.made) >= _MOST_KEPT:
                self.made = {}
            self.made[key] = made
        return made


@register.tag
def made_once(parser: Parser, token: Token) -> MadeOnce:
    """Read the values that a part depends on, and the part."""
    values = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endmade_once",))
    parser.delete_first_token()
    return MadeOnce(nodelist, values)
