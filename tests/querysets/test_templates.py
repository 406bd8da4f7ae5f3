"""Templates call what they come across: nothing that changes anything is called by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partialmethod, wraps
from typing import Any

import pytest
from django.db.models import Count
from django.template import engines

from django_appwrite_orm import QuerySet, Table, atomic, columns, orm
from django_appwrite_orm.exceptions import ConfigurationError
from tests.support.library.tables import Book
from tests.support.toys import Maker, Toy

# What may be called in a template: it reads, or gives something to read. Everything else has to be marked.
ROW = {
    "DoesNotExist", "Meta", "MultipleObjectsReturned", "RowGone", "clean", "clean_fields", "from_appwrite",
    "full_clean", "refresh_from_db", "serializable_value", "to_appwrite", "to_dict",
}  # fmt: skip
REFUSED = {
    "add", "alias", "clear", "clone", "dates", "datetimes", "difference", "explain", "extra", "intersection", "raw",
    "remove", "select_for_update", "set", "union",
}  # fmt: skip
SELECTS = {
    "all", "annotate", "as_guest", "as_manager", "as_user", "cached", "defer", "distinct", "exclude", "filter",
    "new_row", "none", "only", "order_by", "prefetch_related", "raw_queries", "requests", "reverse", "select_related",
    "uncached", "using", "values", "values_list",
}  # fmt: skip
READS = {
    "aggregate", "contains", "count", "earliest", "exists", "first", "get", "in_bulk", "is_updated", "iterator", "last",
    "latest", "resolve_expression",
}  # fmt: skip
GROUPS = {"all", "count", "exclude", "filter", "first", "model", "order_by", "values", "values_list"}
VERBS = {
    "all", "count", "find", "find_one", "first", "first_or_fail", "get", "get_or_fail", "is_updated", "list_indexes",
    "query", "using",
}  # fmt: skip
ORM = {"export_to_json", "inner_join", "join", "left_join", "stats", "table"}


@pytest.fixture
def things(shop: None) -> dict[str, tuple[object, set[str]]]:
    """What a template may be given, each with what it may call there."""
    maker = Maker.objects.get(pk="ada")
    queryset = {*SELECTS, *READS, *REFUSED, "model"}
    return {
        "row": (Toy.objects.first(), ROW),
        "queryset": (Toy.objects.all(), queryset),
        "values": (Toy.objects.values("name"), queryset),
        "objects": (Toy.objects, queryset),
        "related": (maker.toy_set, queryset),
        "groups": (Toy.objects.values("name").annotate(n=Count("*")), GROUPS),
        "verbs": (orm.table(Toy._meta.name), VERBS),
        "batch": (orm.table(Toy._meta.name).batch(), set()),
        "orm": (orm, ORM),
        "atomic": (atomic(), set()),
    }


def calls(thing: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(thing):
        if not name.startswith("_") and callable(value := getattr(thing, name, None)):
            yield name, value


def test_every_method_reads_or_says_that_it_alters_data(things: dict[str, tuple[object, set[str]]]) -> None:
    for what, (thing, reads) in things.items():
        for name, method in calls(thing):
            known = {name, name.removeprefix("a")} & reads
            assert bool(known) != getattr(method, "alters_data", False), f"{what}.{name}"


def test_a_template_calls_nothing_that_is_marked(things: dict[str, tuple[object, set[str]]]) -> None:
    before = Toy.objects.count()
    for what, (thing, reads) in things.items():
        for name, _ in calls(thing):
            if not {name, name.removeprefix("a")} & reads:
                assert rendered(f"{{{{ {what}.{name} }}}}", **{what: thing}) == "", f"{what}.{name}"
    assert Toy.objects.count() == before
    assert rendered("{{ block }}", block=atomic()) == ""
    assert rendered("{{ related.first.name }} {{ related.count }}", related=things["related"][0]) == "ball 2"


def rendered(text: str, **context: object) -> str:
    return engines["django"].from_string(text).render(context)


def unmarked(self: object) -> str:
    return "called"


def logged(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def wrapped(*args: Any) -> Any:
        return method(*args)

    return wrapped


class Loud:
    def delete(self) -> str:
        return "called"


@pytest.mark.parametrize(
    "bases", [(Table,), (Loud, Table), (type("Base", (Table,), {"delete": logged(unmarked)}),)], ids=str
)
def test_an_override_alters_data_too(bases: tuple[type, ...]) -> None:
    own = {} if Loud in bases else {"delete": lambda self: "called", "adelete": lambda self: "called"}
    table = type("Own", bases, {"__module__": __name__, "name": columns.String(), **own})
    row = table(name="one")
    assert rendered("{{ row.name }}{{ row.delete }}{{ row.adelete }}", row=row) == "one"
    assert row.delete() == "called"


def test_a_querysets_override_alters_data_too() -> None:
    class Own(QuerySet):
        def update(self, **values: Any) -> Any:
            return "called"

        async def arefresh(self) -> Any:
            return "called"

        def touch(self) -> str:
            return "called"

        touch.alters_data = True  # type: ignore[attr-defined]

    class Further(Own):
        def touch(self) -> str:
            return "called"

    text = "{{ rows.update }}{{ rows.arefresh }}{{ rows.touch }}"
    assert rendered(text, rows=Own(Book)) == rendered(text, rows=Further(Book)) == ""


def test_an_override_that_cannot_be_marked_is_refused() -> None:
    class Slotted:
        __slots__ = ()

        def __call__(self) -> None: ...

    with pytest.raises(ConfigurationError, match=r"Odd\.delete overrides .* Slotted cannot"):
        type("Odd", (Table,), {"delete": Slotted()})
    type("Partial", (Table,), {"delete": partialmethod(unmarked)})
