"""Instances of whole rows are those that Django makes, and a model that makes them in its own way does so."""

from __future__ import annotations

import uuid
from typing import Any

import django
import pytest
from django.db import connection, models
from django.db.models import signals
from django.db.models.functions import Length
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.compile.instances import Instances

from .shop.models import Batch, Letter, Maker, Note, Parcel, Product, Special

pytestmark = pytest.mark.usefixtures("shop")


def fetched_by_django(rows: Any) -> list[Any]:
    """The rows of a query, made by `Model.from_db`."""
    names = [field.attname for field in rows.model._meta.concrete_fields]
    given = {"fetch_mode": rows._fetch_mode} if hasattr(rows, "_fetch_mode") else {}
    return [rows.model.from_db(rows.db, names, values, **given) for values in rows.values_list(*names)]


def state_of(row: models.Model) -> list[Any]:
    return [type(row), list(vars(row).items())[1:], vars(row._state)]


@pytest.fixture
def full(shop: None) -> None:
    maker = Maker.objects.create(name="m", country="at")
    product = Product.objects.create(name="p", price="1.50", data={"a": [1]}, picture=b"x", maker=maker)
    Product.objects.create(name="without")
    Batch.objects.create(id=uuid.UUID(int=1), product=product)
    Note.objects.create(id="n", text="t", _order=3)
    Letter.objects.create(text="t")
    Parcel.objects.create(words=["a"], numbers=[1])


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("model", [Maker, Product, Batch, Note, Letter, Parcel])
def test_instances_are_those_that_django_makes(model: Any) -> None:
    rows = model.objects.order_by("pk")
    made = list(rows)
    assert isinstance(Instances(model).or_model(), Instances)
    assert made
    assert list(map(state_of, made)) == list(map(state_of, fetched_by_django(rows)))
    assert made[0]._state.adding is False
    assert made[0]._state.db == "default"


def test_related_rows_and_rows_of_queries_in_memory_are_made_in_the_same_way(full: None) -> None:
    related = Batch.objects.select_related("product__maker").get()
    in_memory = Product.objects.annotate(length=Length("name")).get(length=1)
    for made in (related, related.product, related.product.maker, in_memory):
        assert type(made).objects.get(pk=made.pk) == made
        state_of_django = fetched_by_django(type(made).objects.filter(pk=made.pk))[0]
        mine, its = dict(vars(made)), dict(vars(state_of_django))
        assert mine.pop("length", 1) == 1
        assert (mine.pop("_state").db, list(mine.items())) == (its.pop("_state").db, list(its.items()))


def test_a_related_row_with_deferred_fields_stays_so(full: None) -> None:
    product = Product.objects.select_related("maker").only("name", "maker__name").get(name="p")
    assert product.get_deferred_fields() > {"description", "price"}
    assert product.maker is not None
    assert product.maker.get_deferred_fields() == {"country"}
    assert (product.maker.country, str(product.price)) == ("at", "1.50")


def test_a_missing_related_row_is_none(full: None) -> None:
    assert Product.objects.select_related("maker").get(name="without").maker is None


@pytest.mark.usefixtures("full")
def test_rows_of_a_child_have_the_fields_of_their_parent() -> None:
    Special.objects.create(name="s", discount=3)
    (special,) = Special.objects.select_related("maker")
    assert (special.name, special.discount, special.stock) == ("s", 3, 0)
    assert Product.objects.select_related("special").get(name="s").special.discount == 3


def test_states_are_not_shared() -> None:
    for name in "ab":
        Maker.objects.create(name=name)
    first, second = Maker.objects.order_by("name")
    assert first._state is not second._state


@pytest.mark.parametrize("signal", [signals.pre_init, signals.post_init])
def test_signals_of_instances_are_sent(signal: Any) -> None:
    Maker.objects.create(name="m")
    heard: list[Any] = []

    def note(sender: Any, **arguments: Any) -> None:
        heard.append(sender)

    signal.connect(note, sender=Product)
    try:
        list(Maker.objects.all())
        assert heard == []
        signal.connect(note, sender=Maker)
        list(Maker.objects.all())
    finally:
        for model in (Product, Maker):
            signal.disconnect(note, sender=model)
    assert heard == [Maker]


class Noted:
    """A mixin whose `__init__` that of `Model` calls, being behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_noted = True


@isolate_apps("tests.backend.shop")
def _models_with_ways_of_their_own() -> dict[str, type[Maker]]:
    class Meta:
        proxy = True
        app_label = "shop"

    def init(self: Any, *args: Any) -> None:
        Maker.__init__(self, *args)
        self.is_noted = True

    def new(cls: Any, *args: Any) -> Any:
        made = object.__new__(cls)
        made.is_noted = True
        return made

    def from_db(cls: Any, *args: Any, **options: Any) -> Any:
        made = super(Maker, cls).from_db(*args, **options)
        made.is_noted = True
        return made

    def from_db_without_class(db: Any, names: Any, values: Any, **options: Any) -> Any:
        made = Maker.from_db(db, names, values, **options)
        made.is_noted = True  # type: ignore[attr-defined]
        return made

    class Noting(type(Maker)):  # type: ignore[misc]
        def __call__(cls, *args: Any) -> Any:
            made = super().__call__(*args)
            made.is_noted = True
            return made

    own: dict[str, tuple[tuple[type, ...], dict[str, Any]]] = {
        "__init__": ((Maker,), {"__init__": init}),
        "__new__": ((Maker,), {"__new__": new}),
        "from_db": ((Maker,), {"from_db": classmethod(from_db)}),
        "a mixin": ((Maker, Noted), {}),
        "a metaclass": ((Maker,), {}),
    }
    if django.VERSION < (6, 1):  # from then on Django takes no other than a method of the class
        own["static from_db"] = (Maker,), {"from_db": staticmethod(from_db_without_class)}
    made_by = {"a metaclass": Noting}
    return {
        name: made_by.get(name, type(Maker))(
            f"Proxy{number}", bases, {"__module__": __name__, "Meta": Meta, **attributes}
        )
        for number, (name, (bases, attributes)) in enumerate(own.items())
    }


WAYS = _models_with_ways_of_their_own()


@pytest.mark.parametrize("model", WAYS.values(), ids=WAYS)
def test_a_model_makes_its_instances_in_its_own_way(model: Any) -> None:
    Maker.objects.create(name="m")
    (row,) = model.objects.all()
    assert (row.name, row.is_noted) == ("m", True)


@isolate_apps("tests.backend.shop")
def test_a_setattr_sees_the_state_that_django_shows_it() -> None:
    class Watched(Maker):
        seen: list[Any] = []

        class Meta:
            proxy = True
            app_label = "shop"

        def __setattr__(self, name: str, value: Any) -> None:
            if name != "_state":
                self.seen.append((name, self._state.adding, self._state.db))
            super().__setattr__(name, value)

    Maker.objects.create(name="m")
    list(Watched.objects.all())
    mine = Watched.seen[:]
    Watched.seen.clear()
    fetched_by_django(Watched.objects.all())
    assert mine == Watched.seen
    assert mine


def test_what_is_patched_later_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    Maker.objects.create(name="m")
    assert not hasattr(Maker.objects.get(), "is_noted")
    init = Maker.__init__

    def patched(self: Any, *args: Any) -> None:
        init(self, *args)
        self.is_noted = True

    monkeypatch.setattr(Maker, "__init__", patched)
    assert Maker.objects.get().is_noted  # type: ignore[attr-defined]


@isolate_apps("tests.backend.shop")
def test_a_name_that_programs_cannot_have_is_set_all_the_same() -> None:
    class Odd(models.Model):
        class Meta:
            app_label = "shop"

    for name in ("a b", "class", "\u017fs"):  # the last letter is an s to Python's parser
        Odd.add_to_class(name, models.CharField(max_length=10, default=name))
    with connection.schema_editor() as editor:
        editor.create_model(Odd)
    try:
        Odd.objects.create()
        (row,) = Odd.objects.all()
        assert [getattr(row, name) for name in ("a b", "class", "\u017fs")] == ["a b", "class", "\u017fs"]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Odd)
