"""An extension of Jinja2: fragments that are cached until one of their tables changes.

`"OPTIONS": {"extensions": ["django_appwrite_orm.contrib.jinja2.CacheTables"]}` of a backend in TEMPLATES.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..exceptions import ConfigurationError
from ..web.fragments import Fragment, FragmentError, seconds, table_names

try:
    from jinja2 import TemplateRuntimeError, nodes
    from jinja2.ext import Extension
    from jinja2.parser import Parser
except ModuleNotFoundError as error:
    raise ImproperlyConfigured(
        "django_appwrite_orm.contrib.jinja2 needs Jinja2: pip install 'django-appwrite-orm[jinja2]'"
    ) from error


class CacheTables(Extension):
    """The tag `cachetables`: seconds, name, then `tables=` and `vary_on=`.

        {% cachetables 300, "sidebar", tables=["products", "makers"], vary_on=[request.user.pk] %}
        ... {% endcachetables %}

    See the tag of the same name for Django's templates. Raises TemplateRuntimeError for unknown tables, and for a
    table that is read inside and not named; ImproperlyConfigured for an environment with `enable_async`.
    """

    tags = {"cachetables"}

    def parse(self, parser: Parser) -> nodes.Node:
        """Return a call of `_render` with the inside as its caller."""
        if self.environment.is_async:
            raise ImproperlyConfigured("cachetables works in environments of Jinja2 without enable_async.")
        line = next(parser.stream).lineno
        arguments, keywords = [parser.parse_expression()], []
        while parser.stream.skip_if("comma"):
            if parser.stream.current.type == "name" and parser.stream.look().type == "assign":
                keyword = next(parser.stream)
                parser.stream.expect("assign")
                keywords.append(nodes.Keyword(keyword.value, parser.parse_expression(), lineno=keyword.lineno))
            else:
                arguments.append(parser.parse_expression())
        names = {keyword.key for keyword in keywords}
        if len(arguments) != 2 or "tables" not in names or names - {"tables", "vary_on"}:
            parser.fail('cachetables is written as {% cachetables 300, "name", tables=[...], vary_on=[...] %}.', line)
        body = parser.parse_statements(("name:endcachetables",), drop_needle=True)
        call = self.call_method("_render", arguments, keywords, lineno=line)
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _render(
        self, ttl: object, name: str, *, tables: object, vary_on: Sequence[Any] = (), caller: Callable[[], str]
    ) -> str:
        try:
            if isinstance(vary_on, str):
                raise FragmentError(f"vary_on must be a list, not {vary_on!r}.")
            return Fragment(str(name), table_names(tables), vary_on, seconds(ttl), "jinja2").render(caller)
        except (ConfigurationError, FragmentError) as error:
            raise TemplateRuntimeError(f"cachetables {name}: {error}") from error
