"""What a table class overrides is called wherever Django calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from django_appwrite_orm import QuerySet, Table, atomic, columns, orm
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.registry import registry
from tests.support.costs import counted
from tests.support.tables import prepare


class Maker(Table):
    name = columns.String()


class Toy(Table):
    """Both `save()` and `asave()` are its own, and return nothing, as people write them."""

    name = columns.String()
    slug = columns.String()
    maker = columns.Reference(Maker)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.name_before = self.name
        self.saved: list[str] = []

    def save(self, **options: Any) -> None:  # type: ignore[override]
        self.saved.append("save")
        self.slug = f"{self.name}-slug"
        super().save(**options)

    async def asave(self, **options: Any) -> None:  # type: ignore[override]
        self.saved.append("asave")
        self.slug = f"{self.name}-slug"
        await super().asave(**options)

    def delete(self, **options: Any) -> Any:
        self.saved.append("delete")
        return super().delete(**options)


class Blocking(Table):
    """It knows blocking code alone."""

    name = columns.String()
    slug = columns.String()

    def save(self, *args: Any, **options: Any) -> None:  # type: ignore[override]
        self.slug = f"{self.name}-slug"
        super().save(*args, **options)


TABLES = [Maker, Toy, Blocking]


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    for table in TABLES:
        registry.add(table)
    prepare(*TABLES)
    Maker.objects.create(name="Ada", id="ada")
    yield
    for table in TABLES:
        registry.discard(table)


def ada() -> Any:
    return Maker.objects.get(pk="ada").toy_set


def toy_verbs() -> Any:
    return orm.table(Toy._meta.name)


def in_batch() -> Any:
    with toy_verbs().batch() as batch:
        return batch.create({"name": "kite"})


async def in_abatch() -> Any:
    async with toy_verbs().batch() as batch:
        return await batch.acreate({"name": "kite"})


def in_block() -> Any:
    with atomic():
        return Toy.objects.create(name="kite")


async def verbs_aupdate() -> Any:
    row = await Toy.objects.acreate(name="x")
    return await toy_verbs().aupdate(row.id, {"name": "kite"})


async def related_acreate() -> Any:
    return await (await Maker.objects.aget(pk="ada")).toy_set.acreate(name="kite")


def existing(**values: Any) -> Any:
    Toy.objects.bulk_create([Toy(name="old", id="old")])
    return Toy.objects.update_or_create(defaults={"name": "kite"}, pk="old")[0]


async def aexisting() -> Any:
    await Toy.objects.abulk_create([Toy(name="old", id="old")])
    return (await Toy.objects.aupdate_or_create(defaults={"name": "kite"}, pk="old"))[0]


SAVED = {
    "create": lambda: Toy.objects.create(name="kite"),
    "get_or_create": lambda: Toy.objects.get_or_create(name="kite")[0],
    "update_or_create, new": lambda: Toy.objects.update_or_create(name="kite")[0],
    "update_or_create, there": existing,
    "related create": lambda: ada().create(name="kite"),
    "related get_or_create": lambda: ada().get_or_create(name="kite")[0],
    "related update_or_create": lambda: ada().update_or_create(name="kite")[0],
    "verbs": lambda: toy_verbs().create({"name": "kite"}),
    "verbs' update": lambda: toy_verbs().update(Toy.objects.create(name="x").id, {"name": "kite"}),
    "batch": in_batch,
    "block": in_block,
}
ASAVED = {
    "acreate": lambda: Toy.objects.acreate(name="kite"),
    "aget_or_create": lambda: Toy.objects.aget_or_create(name="kite"),
    "aupdate_or_create, new": lambda: Toy.objects.aupdate_or_create(name="kite"),
    "aupdate_or_create, there": aexisting,
    "related acreate": related_acreate,
    "verbs": lambda: toy_verbs().acreate({"name": "kite"}),
    "verbs' aupdate": verbs_aupdate,
    "abatch": in_abatch,
}


@pytest.mark.parametrize("way", SAVED)
def test_rows_are_saved_by_their_own_save(way: str) -> None:
    row = SAVED[way]()
    assert row.saved == ["save"]
    assert Toy.objects.get(pk=row.id).slug == "kite-slug"


@pytest.mark.parametrize("way", ASAVED)
def test_rows_are_saved_by_their_own_asave(way: str) -> None:
    async def make() -> Any:
        made = await ASAVED[way]()
        return made[0] if isinstance(made, tuple) else made

    row = asyncio.run(make())
    assert row.saved == ["asave"]
    assert Toy.objects.get(pk=row.id).slug == "kite-slug"


def test_a_row_created_across_a_relation_refers_to_its_row() -> None:
    assert ada().create(name="kite").maker_id == "ada"


def test_bulk_writes_pass_over_save_as_in_django() -> None:
    (toy,) = Toy.objects.bulk_create([Toy(name="kite")])
    Toy.objects.update(name="ball")
    toy.name = "yoyo"
    Toy.objects.bulk_update([toy], ["name"])
    assert (toy.saved, Toy.objects.get(pk=toy.id).slug) == ([], None)


def test_save_alone_is_called_by_asynchronous_code_too() -> None:
    async def make() -> list[Any]:
        async with atomic():
            made = [await Blocking.objects.acreate(name="kite"), Blocking(name="kite")]
            await made[1].asave()
        return [*made, (await Blocking.objects.aget_or_create(name="other"))[0]]

    slugs = [Blocking.objects.get(pk=row.id).slug for row in asyncio.run(make())]
    assert slugs == ["kite-slug", "kite-slug", "other-slug"]


def test_delete_alone_is_called_by_asynchronous_code_too() -> None:
    async def delete() -> Any:
        row = await Toy.objects.acreate(name="kite")
        await row.adelete()
        return row

    assert asyncio.run(delete()).saved == ["asave", "delete"]
    assert not Toy.objects.exists()


def test_an_override_of_an_override_is_called_once() -> None:
    class Both(Blocking):
        def save(self, *args: Any, **options: Any) -> None:  # type: ignore[override]
            self.calls = [*getattr(self, "calls", []), "save"]
            super().save(*args, **options)

        async def asave(self, *args: Any, **options: Any) -> None:  # type: ignore[override]
            self.calls = [*getattr(self, "calls", []), "asave"]
            await super().asave(*args, **options)

        class Meta(Blocking.Meta):
            id = name = Blocking._meta.name

    row = Both(name="kite")
    asyncio.run(row.asave())
    assert (row.calls, row.slug) == (["asave"], "kite-slug")


def test_a_querysets_blocking_override_is_called_by_asynchronous_code_too() -> None:
    class Soft(QuerySet):
        def delete(self) -> Any:
            return self.update(slug="gone")

    Toy.objects.create(name="kite")
    assert asyncio.run(Soft(Toy).adelete()) == 1
    assert Toy.objects.get(name="kite").slug == "gone"


class TestInit:
    def test_a_row_that_is_read_passes_it_with_its_values(self) -> None:
        row = Toy.objects.create(name="kite", id="k")
        for read in (
            Toy.objects.get(pk="k"),
            Toy.objects.first(),
            ada().model.from_appwrite(dict(row._raw), "default"),
        ):
            assert (read.name_before, read.saved, read.is_saved) == ("kite", [], True)
            with counted() as costs:
                read.save(update_fields=[])
            assert costs.requests == []
        assert Toy(name="new").name_before == "new"

    def test_an_init_with_other_parameters_is_refused(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"Odd\.__init__\(\) needs name, but rows that are read are created wi"
        ):
            type("Odd", (Table,), {"__init__": lambda self, name, *, size=1, **values: None})

    def test_values_for_a_row_that_is_read_are_refused(self) -> None:
        def giving(self: Any, **values: Any) -> None:
            super(Toy, self).__init__(**{"slug": "x", **values})

        made = type("Giving", (Toy,), {"__init__": giving})
        assert made(name="new").slug == "x"
        with pytest.raises(TypeError, match=r"Giving\.__init__\(\) passed values for a row that is read"):
            made.from_appwrite({"$id": "a"}, "default")
        silent = type("Silent", (Toy,), {"__init__": lambda self, **values: None})
        with pytest.raises(TypeError, match=r"Silent\.__init__\(\) must call super\(\)\.__init__\(\)"):
            silent.from_appwrite({"$id": "a"}, "default")


class Dated(Table):
    first = columns.Integer(required=True)
    last = columns.Integer(max=9)

    def clean(self) -> None:
        super().clean()
        if self.last is not None and self.first is not None and self.last < self.first:
            raise ValidationError("The last comes after the first.")
        if self.last == 5:
            raise ValidationError({"last": "Not five."})


class TestClean:
    def test_full_clean_calls_it_after_the_columns(self) -> None:
        Dated(first=1, last=2).full_clean()
        with pytest.raises(ValidationError) as caught:
            Dated(first=3, last=2).full_clean()
        assert caught.value.message_dict == {"__all__": ["The last comes after the first."]}
        with pytest.raises(ValidationError) as caught:
            Dated(last=5).full_clean()
        assert caught.value.message_dict == {"first": ["This column is required."], "last": ["Not five."]}

    def test_columns_can_be_left_out(self) -> None:
        row = Dated(last=99)
        with pytest.raises(ValidationError) as caught:
            row.clean_fields()
        assert set(caught.value.message_dict) == {"first", "last"}
        with pytest.raises(ValidationError) as caught:
            row.full_clean(exclude=["last"])
        assert set(caught.value.message_dict) == {"first"}
        row.full_clean(exclude=["first", "last"])

    def test_clean_fields_of_ones_own_is_called(self) -> None:
        class Strict(Dated):
            def clean_fields(self, exclude: Any = None) -> None:
                raise ValidationError({"first": "Never."})

        with pytest.raises(ValidationError, match="Never"):
            Strict(first=1).full_clean()


class TestDeletion:
    def test_a_deleted_row_counts_as_unsaved(self) -> None:
        row = Maker.objects.create(name="Bob", id="bob")
        row.delete()
        assert (row.is_saved, row.id, row.name, row.sequence) == (False, "bob", "Bob", None)
        row.save()
        assert (row.is_saved, Maker.objects.get(pk="bob").name) == (True, "Bob")

    def test_deleting_asynchronously_or_a_row_that_was_read_makes_it_unsaved(self) -> None:
        async def delete() -> Maker:
            row = await Maker.objects.aget(pk="ada")
            await row.adelete()
            return row

        row = asyncio.run(delete())
        assert (row.is_saved, row.name, str(row)) == (False, "Ada", "ada")
        assert row.to_dict()
