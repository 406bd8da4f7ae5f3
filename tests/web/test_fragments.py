"""{% cachetables %}: fragments are as current as the rows that they show, in Django's templates and in Jinja2's."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import transaction
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError, engines
from django.test import Client, override_settings
from django.urls import path
from jinja2 import Environment, TemplateRuntimeError
from jinja2.exceptions import TemplateSyntaxError as JinjaSyntaxError

from django_appwrite_orm.cache import recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.jinja2 import CacheTables
from django_appwrite_orm.querysets import atomic
from django_appwrite_orm.web.fragments import Fragment
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

ENGINES = ["django", "jinja2"]
BODY = "{% for book in books() %}{{ book.title }} {% endfor %}"
DJANGO = "{% load appwrite_cache %}{% cachetables 300 list tables='books' who %}" + BODY.replace("()", "") + "END"
JINJA2 = "{% cachetables 300, 'list', tables=['books'], vary_on=[who] %}" + BODY + "END"
DJANGO, JINJA2 = (page.replace("END", "{% endcachetables %}") for page in (DJANGO, JINJA2))

Show = Callable[..., str]


def all_books() -> list[Book]:
    return list(Book.objects.order_by("title"))


@pytest.fixture(params=ENGINES)
def show(request: pytest.FixtureRequest) -> Show:
    """Renders the list of books in a request of its own."""

    def with_django(books: Callable[[], Any] = all_books, who: str = "") -> str:
        with recording():
            return Template(DJANGO).render(Context({"books": books, "who": who}))

    def with_jinja2(books: Callable[[], Any] = all_books, who: str = "") -> str:
        with recording():
            return Environment(extensions=[CacheTables]).from_string(JINJA2).render(books=books, who=who)

    return with_django if request.param == "django" else with_jinja2


@pytest.fixture(autouse=True)
def books(library: None) -> None:
    Book.objects.create(title="Dune", price=1)


def never() -> Any:
    raise AssertionError("The fragment was rendered.")


# Hits and changes


def test_a_hit_is_not_rendered(show: Show) -> None:
    assert show() == "Dune "
    with counted() as costs:
        assert show(never) == "Dune "
    assert (costs.requests, costs.cache) == ([], ["get_many", "get"])


@pytest.mark.parametrize(
    "change",
    [
        lambda: Book.objects.create(title="Emma", price=2),
        lambda: Book.objects.update(price=3),
        lambda: Book.objects.get(title="Dune").delete(),
        lambda: Book.objects.set_updated(False),
    ],
)
def test_a_change_of_its_table_drops_it(show: Show, change: Callable[[], Any]) -> None:
    show()
    change()
    assert show() == "".join(f"{book.title} " for book in all_books())
    Book.objects.set_updated(False)
    with pytest.raises(AssertionError, match="was rendered"):
        show(never)


def test_a_change_of_another_table_keeps_it(show: Show) -> None:
    show()
    Reader.objects.create(name="Ada")
    assert show(never) == "Dune "


def test_other_values_have_another_fragment(show: Show) -> None:
    show(who="Ada")
    assert show(lambda: [Book(title="Emma", price=1)], who="Bob") == "Emma "
    assert show(never, who="Ada") == "Dune "


def test_values_of_other_kinds_have_another_fragment() -> None:
    with recording():
        assert Fragment("f", ["books"], [1]).render(lambda: all_books()[0].title + " number") == "Dune number"
        assert Fragment("f", ["books"], ["1"]).render(lambda: all_books()[0].title + " text") == "Dune text"


def test_the_engines_do_not_share_fragments() -> None:
    with recording():
        Template(DJANGO).render(Context({"books": all_books, "who": ""}))
        page = Environment(extensions=[CacheTables]).from_string(JINJA2)
        assert page.render(books=lambda: [Book(title="Own", price=1)], who="") == "Own "


def test_models_are_tables_too(shop: None) -> None:
    from tests.backend.shop.models import Maker

    def page(makers: Any) -> str:
        source = "{% load appwrite_cache %}{% cachetables None m tables='shop.Maker' %}{{ makers }}{% endcachetables %}"
        with recording():
            return Template(source).render(Context({"makers": makers}))

    def count() -> int:
        return Maker.objects.count()

    assert page(count) == "0"
    assert page(never) == "0"
    Maker.objects.create(name="Ada")
    assert page(count) == "1"
    with transaction.atomic():
        Maker.objects.create(name="Bob")
        assert page(lambda: len(Maker.objects.all())) == "2"
    assert page(count) == "2"


# What must not be stored, or not be served


def test_rows_read_before_a_change_are_not_stored_under_the_tokens_after_it(show: Show) -> None:
    old = all_books()
    with recording():
        old = all_books()
        run_elsewhere(lambda: Book.objects.create(title="Emma", price=2))
        run_elsewhere(all_books)  # the table has a token again
        assert show(lambda: old) == "Dune "
    assert show() == "Dune Emma "


def test_rows_read_before_it_in_the_request_are_stored_under_their_own_tokens(show: Show) -> None:
    with recording():
        rows = all_books()
        show(lambda: rows)
    assert show(never) == "Dune "


def test_a_change_while_it_is_rendered_is_not_hidden(show: Show) -> None:
    def changing() -> list[Book]:
        rows = all_books()
        run_elsewhere(lambda: Book.objects.create(title="Emma", price=2))
        run_elsewhere(all_books)
        return rows

    assert show(changing) == "Dune "
    assert show() == "Dune Emma "


def test_a_read_before_and_one_after_a_change_are_not_stored_together(show: Show) -> None:
    def both() -> list[Book]:
        first = all_books()
        run_elsewhere(lambda: Book.objects.create(title="Emma", price=2))
        return [*first, *all_books()]

    assert show(both) == "Dune Dune Emma "
    assert show() == "Dune Emma "


@pytest.mark.parametrize(
    "read",
    [
        lambda: list(Book.objects.as_guest()),
        lambda: list(Book.objects.uncached()),
        lambda: list(Book.objects.cached(0)),
    ],
)
def test_what_was_read_for_a_user_or_past_the_cache_is_not_stored(show: Show, read: Callable[[], Any]) -> None:
    assert show(read) == "Dune "
    with pytest.raises(AssertionError, match="was rendered"):
        show(never)


def test_rows_that_the_request_has_read_as_a_user_are_not_replaced_by_stored_ones(show: Show) -> None:
    assert show() == "Dune "
    with recording():
        assert show(never) == "Dune "
        list(Book.objects.as_guest())
        assert show(list) == ""
    assert show(never) == "Dune "


def test_a_block_sees_its_own_changes_and_keeps_them(show: Show) -> None:
    show()
    book = Book.objects.get(title="Dune")
    with atomic():
        book.title = "Changed"
        book.save()
        assert show(lambda: [Book.objects.get(pk=book.pk)]) == "Changed "
    assert show() == "Changed "


def test_while_a_table_is_written_nothing_is_stored(show: Show) -> None:
    from django_appwrite_orm import orm

    with orm.table("books").batch() as batch:
        batch.create({"title": "Emma", "price": 2})
        show()
        with pytest.raises(AssertionError, match="was rendered"):
            show(never)
    assert show() == "Dune Emma "


def test_trusted_rows_are_not_stored_under_newer_tokens(show: Show, settings: Any) -> None:
    connection = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": {**connection, "CACHE": {"TRUST": 60}}}
    all_books()
    token = connections["default"].table_keys(Book._meta.ref("library")).token
    caches["default"].set(token, "as another process has left it")
    with counted() as costs:
        assert show() == "Dune "
    assert costs.requests == []
    assert fragments() == {}


def test_outside_of_a_request_nothing_is_stored() -> None:
    page = Template(DJANGO)
    assert page.render(Context({"books": all_books, "who": ""})) == "Dune "
    with pytest.raises(AssertionError, match="was rendered"):
        page.render(Context({"books": never, "who": ""}))


def test_it_is_not_kept_for_longer_than_its_rows(show: Show) -> None:
    show(lambda: list(Book.objects.cached(20)))
    [stored] = fragments().values()
    assert json.loads(stored)[2] <= time.time() + 20


def test_it_is_not_kept_for_longer_than_rows_read_before_it(show: Show) -> None:
    with recording():
        rows = list(Book.objects.cached(20))
        show(lambda: rows)
    [stored] = fragments().values()
    assert json.loads(stored)[2] <= time.time() + 20


def test_no_seconds_store_nothing() -> None:
    with recording():
        assert Fragment("f", ["books"], ttl=0).render(lambda: "text") == "text"
    assert fragments() == {}


@pytest.mark.parametrize("planted", [b"bytes", "no json", "[1]", "[]", "7", "{}", '[1, "x", "y", "z"]', 7, None, [1]])
def test_what_others_have_stored_is_a_miss(show: Show, planted: object) -> None:
    show()
    [key] = fragments()
    caches["default"].set(key, planted)
    assert show() == "Dune "
    assert show(never) == "Dune "


def test_a_cache_that_fails_is_no_error(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: Any, **kwargs: Any) -> Any:
        raise OSError("gone")

    for method in ("get", "get_many", "set", "add", "delete_many"):
        monkeypatch.setattr(caches["default"], method, failing)
    assert show() == "Dune "


def fragments() -> dict[str, Any]:
    """Return the stored fragments by their keys."""
    keys = [key.partition(":")[2].partition(":")[2] for key in caches["default"]._cache if ":fragment:" in key]
    return caches["default"].get_many(keys)


def run_elsewhere(work: Callable[[], Any]) -> None:
    """Run it in a thread, as another request does."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


# Headers, nesting, mistakes


def page(request: Any) -> HttpResponse:
    return HttpResponse(Template(DJANGO).render(Context({"books": all_books, "who": ""})))


urlpatterns = [path("books", page)]


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["django_appwrite_orm.web.AppwriteCacheMiddleware"]):
        yield Client()


def test_headers_report_the_tables_of_a_fragment(client: Client) -> None:
    assert client.get("/books")["X-Cache-Status"] == "MISS"
    hit = client.get("/books")
    assert (hit["X-Cache-Status"], hit["X-Cache-Table"]) == ("HIT", "books")
    assert client.get("/books", headers={"If-None-Match": hit["ETag"]}).status_code == 304


def test_an_inner_fragment_is_a_part_of_the_outer_one() -> None:
    source = (
        "{% load appwrite_cache %}{% cachetables 300 outer tables=names %}[{% cachetables 300 inner tables='books' %}"
        "{% for book in books %}{{ book.title }}{% endfor %}{% endcachetables %}]{% endcachetables %}"
    )

    def shown(names: Any) -> str:
        with recording():
            return Template(source).render(Context({"names": names, "books": all_books}))

    assert shown("books") == "[Dune]"
    Book.objects.create(title="Emma", price=1)
    assert shown(["books"]) == shown(("books", "library_reader")) == "[DuneEmma]"
    with pytest.raises(TemplateSyntaxError, match="outer: it also reads 'books'"):
        shown("library_reader")


def test_a_table_that_is_not_named_is_an_error(show: Show) -> None:
    with pytest.raises(
        (TemplateSyntaxError, TemplateRuntimeError),
        match=r"list: it also reads 'library_reader'\. Add it to its tables",
    ):
        show(lambda: list(Reader.objects.all()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("300 list", "is written as"),
        ("300 tables='books'", "is written as"),
        ("300 list tables='books' using='other'", "no using="),
        ("300 list tables='bokks'", "cachetables list: .*bokks"),
        ("300 list tables=''", "name at least one table"),
        ("300 list tables=7", "tables must be names"),
        ("-1 list tables='books'", "the TTL must be a number of seconds"),
        ("'soon' list tables='books'", "the TTL must be a number of seconds"),
        ("missing list tables='books'", "the TTL must be a number of seconds"),
        ("300 list tables=missing", "name at least one table"),
    ],
)
def test_mistakes_in_djangos_templates(arguments: str, said: str) -> None:
    source = f"{{% load appwrite_cache %}}{{% cachetables {arguments} %}}text{{% endcachetables %}}"
    with pytest.raises(TemplateSyntaxError, match=said):
        Template(source).render(Context())


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ("300, 'list'", JinjaSyntaxError, "is written as"),
        ("300, 'list', 'books'", JinjaSyntaxError, "is written as"),
        ("300, 'list', tables=['books'], using='other'", JinjaSyntaxError, "is written as"),
        ("300, 'list', tables='bokks'", TemplateRuntimeError, "cachetables list: .*bokks"),
        ("300, 'list', tables='books', vary_on='who'", TemplateRuntimeError, "vary_on must be a list"),
        ("'soon', 'list', tables='books'", TemplateRuntimeError, "the TTL must be a number of seconds"),
    ],
)
def test_mistakes_in_jinja2(arguments: str, error: type[Exception], said: str) -> None:
    environment = Environment(extensions=[CacheTables])
    with pytest.raises(error, match=said):
        environment.from_string(f"{{% cachetables {arguments} %}}text{{% endcachetables %}}").render()


def test_jinja2_with_coroutines_is_refused() -> None:
    from django.core.exceptions import ImproperlyConfigured

    with pytest.raises(ImproperlyConfigured, match="without enable_async"):
        Environment(extensions=[CacheTables], enable_async=True).from_string(JINJA2)


def test_jinja2_escapes_inside_and_not_the_fragment() -> None:
    with override_settings(
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "OPTIONS": {"extensions": ["django_appwrite_orm.contrib.jinja2.CacheTables"]},
            }
        ]
    ):
        template = engines["jinja2"].from_string(
            "{% cachetables 300, 'x', tables='books' %}<b>{{ title }}</b>{% endcachetables %}"
        )
        with recording():
            all_books()
            assert template.render({"title": "<i>"}) == template.render({"title": ""}) == "<b>&lt;i&gt;</b>"
