"""`{% load appwrite_cache %}`: fragments that are cached until one of their tables changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import TemplateSyntaxError
from django.template.base import FilterExpression, NodeList, Parser, Token, VariableDoesNotExist

from ..exceptions import ConfigurationError
from ..web.fragments import Fragment, FragmentError, seconds, table_names

register = template.Library()
_USAGE = (
    '{% cachetables 300 sidebar tables="products,makers" request.user.pk %}: the seconds, a name, the tables, and what'
    " the fragment differs by"
)


class CacheTablesNode(template.Node):
    """A fragment of a template."""

    def __init__(
        self,
        nodelist: NodeList,
        ttl: FilterExpression,
        name: str,
        tables: FilterExpression,
        vary_on: Iterable[FilterExpression],
    ) -> None:
        self.nodelist = nodelist
        self._ttl, self._name, self._tables, self._vary_on = ttl, name, tables, list(vary_on)

    def render(self, context: Any) -> str:
        """Return the fragment, from the cache if it is current."""
        try:
            fragment = Fragment(
                self._name,
                table_names(self._tables.resolve(context)),
                [value.resolve(context) for value in self._vary_on],
                seconds(self._ttl.resolve(context)),
            )
            return fragment.render(lambda: self.nodelist.render(context))
        except (ConfigurationError, FragmentError, VariableDoesNotExist) as error:
            raise TemplateSyntaxError(f"cachetables {self._name}: {error}") from error


@register.tag("cachetables")
def cachetables(parser: Parser, token: Token) -> CacheTablesNode:
    """Cache what is inside until one of these tables changes, and for so many seconds at most.

        {% cachetables 300 sidebar tables="products,makers" request.user.pk %} ... {% endcachetables %}

    As for `{% cache %}`, the name cannot be a variable, and each set of the further values has a fragment of its own.
    None in place of the seconds is the TTL of the connection. Raises TemplateSyntaxError for unknown tables, and for a
    table that is read inside and not named.
    """
    nodelist = parser.parse(("endcachetables",))
    parser.delete_first_token()
    _, *arguments = token.split_contents()
    tables = [argument for argument in arguments if argument.startswith("tables=")]
    rest = [argument for argument in arguments if not argument.startswith("tables=")]
    if len(tables) != 1 or len(rest) < 2:
        raise TemplateSyntaxError(f"cachetables is written as {_USAGE}.")
    if any(argument.startswith("using=") for argument in rest):
        raise TemplateSyntaxError(
            "cachetables has no using=: fragments are in the cache that has their tables' tokens."
        )
    ttl, name, *vary_on = rest
    return CacheTablesNode(
        nodelist,
        parser.compile_filter(ttl),
        name,
        parser.compile_filter(tables[0].removeprefix("tables=")),
        map(parser.compile_filter, vary_on),
    )
