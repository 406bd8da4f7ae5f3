"""Differences between the class of a `Table` and that of a model."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from django_appwrite_orm import Index, Manager, Table, UniqueIndex, columns, register
from django_appwrite_orm.exceptions import ConfigurationError, UniqueViolation
from django_appwrite_orm.registry import registry
from tests.support.linked_tables import made
from tests.support.system_checks import declare, ids
from tests.support.tables import prepare

pytestmark = pytest.mark.usefixtures("own_registry")


def refused(match: str, meta: dict[str, Any] | None = None, **body: Any) -> None:
    """Expect the error for a class with this body and `Meta`."""
    with pytest.raises(ConfigurationError, match=match):
        type("Odd", (Table,), {**body, "Meta": type("Meta", (), meta or {})})


def made_table(meta: dict[str, Any] | None = None, **body: Any) -> Any:
    """Return a table with this body, on the server."""
    table = declare({"app_label": "library", **(meta or {})}, **body)
    assert ids() == []
    prepare(table)
    return table


def test_fields() -> None:
    refused(r"write columns\.String\(size=\.\.\.\)", name=models.CharField(max_length=9))
    assert made_table(name=columns.String(size=9)).objects.create(name="Lamp").name == "Lamp"


def test_max_length() -> None:
    with pytest.raises(ConfigurationError, match="size="):
        columns.String(max_length=9)
    with pytest.raises(ValidationError, match="9"):
        made_table(name=columns.String(size=9)).objects.create(name="x" * 10)


def test_null() -> None:
    with pytest.raises(ConfigurationError, match="Write required=True instead"):
        columns.String(null=False)
    table = made_table(name=columns.String(), code=columns.String(required=True))
    assert table.objects.create(code="a").name is None
    with pytest.raises(ValidationError, match="required"):
        table.objects.create(name="a")


def test_blank() -> None:
    with pytest.raises(ConfigurationError, match="To refuse an empty string, use a form"):
        columns.String(blank=False)

    def clean(self: Any) -> None:
        if not self.name:
            raise ValidationError({"name": "Give a name."})

    table = made_table(name=columns.String(required=True), clean=clean)
    assert table.objects.create(name="").name == ""
    with pytest.raises(ValidationError, match="Give a name"):
        table(name="").full_clean()


def test_choices() -> None:
    with pytest.raises(ConfigurationError, match=r"columns\.Enum\(\[\.\.\.\]\)"):
        columns.String(choices=[("a", "A")])

    class Mood(models.TextChoices):
        DARK = "dark", "Very dark"

    row = made_table(mood=columns.Enum(Mood)).objects.create(mood="dark")
    assert row.get_mood_display() == "Very dark"


def test_unique() -> None:
    with pytest.raises(ConfigurationError, match="UniqueIndex"):
        columns.String(unique=True)
    table = made_table({"indexes": [UniqueIndex("name")]}, name=columns.String(size=9))
    table.objects.create(name="a")
    with pytest.raises(UniqueViolation, match="already"):
        table.objects.create(name="a")


def test_db_index() -> None:
    with pytest.raises(ConfigurationError, match=r"Write Index\("):
        columns.String(db_index=True)
    assert [index.columns for index in made_table({"indexes": [Index("n")]}, n=columns.Integer())._meta.indexes]


def test_db_column() -> None:
    with pytest.raises(ConfigurationError, match="Write column="):
        columns.String(db_column="title")
    row = made_table(name=columns.String(column="title")).objects.create(name="a")
    assert row.to_appwrite()["title"] == "a"


def test_options_of_forms() -> None:
    from django import forms

    for option in ("verbose_name", "help_text", "validators", "error_messages"):
        with pytest.raises(ConfigurationError, match="Give it to the field of a form"):
            columns.String(**{option: "Name"})
    assert forms.CharField(label="Name", help_text="In full").label == "Name"


def test_auto_now() -> None:
    for option in ("auto_now", "auto_now_add"):
        with pytest.raises(ConfigurationError, match=r"row\.(updated|created)_at"):
            columns.Datetime(**{option: True})
    row = made_table(name=columns.String()).objects.create(name="a")
    assert row.created_at == row.updated_at
    row.name = "b"
    row.save()
    row.refresh_from_db()
    assert row.created_at <= row.updated_at


def test_primary_key() -> None:
    with pytest.raises(ConfigurationError, match="every row has an id"):
        columns.String(primary_key=True)
    table = made_table(name=columns.String())
    assert table.objects.create(id="lamp", name="a").pk == "lamp"
    assert len(table.objects.create(name="b").pk) == 20


def test_ordering() -> None:
    refused(r"order_by\(\) in get_queryset\(\)", {"ordering": ["name"]})

    class ByName(Manager):
        def get_queryset(self) -> Any:
            return super().get_queryset().order_by("name")

    table = made_table(name=columns.String(), objects=ByName())
    for name in "ba":
        table.objects.create(name=name)
    assert [row.name for row in table.objects.all()] == ["a", "b"]


def test_constraints() -> None:
    refused("UniqueIndex", {"unique_together": ["a", "b"]})
    refused("UniqueIndex", {"constraints": [models.UniqueConstraint(fields=["a"], name="a")]})
    table = made_table({"indexes": [UniqueIndex("a", "b")]}, a=columns.Integer(), b=columns.Integer())
    table.objects.create(a=1, b=1)
    table.objects.create(a=1, b=2)
    with pytest.raises(UniqueViolation, match="already"):
        table.objects.create(a=1, b=2)


def test_db_table() -> None:
    refused('name = "', {"db_table": "things"})
    assert made_table({"name": "things"})._meta.id == "things"


def test_verbose_name() -> None:
    refused("the name of the class is used", {"verbose_name": "A thing"})
    assert made_table()._meta.verbose_name == "thing"


def test_proxy() -> None:
    refused("a second Manager", {"proxy": True})

    class Cheap(Manager):
        def get_queryset(self) -> Any:
            return super().get_queryset().filter(price__lt=5)

    table = made_table(price=columns.Integer(), objects=Manager(), cheap=Cheap())
    for price in (1, 9):
        table.objects.create(price=price)
    assert [row.price for row in table.cheap.all()] == [1]


def test_managers() -> None:
    refused(r"django_appwrite_orm\.Manager", objects=models.Manager())

    class Things(Manager):
        def first_two(self) -> Any:
            return self.get_queryset()[:2]

    assert list(made_table(name=columns.String(), objects=Things()).objects.first_two()) == []


def test_hooks() -> None:
    refused(r"write __init__\(\)", from_db=classmethod(lambda cls: None))
    refused(r"override save\(\)", save_base=lambda self: None)

    def save(self: Any, **options: Any) -> None:
        self.name = self.name.upper()
        super(table, self).save(**options)

    table: Any = made_table(name=columns.String(), save=save)
    assert table.objects.create(name="a").name == "A"


def test_foreign_key() -> None:
    refused(r"columns\.Reference", maker=models.ForeignKey("Maker", models.CASCADE))
    maker = made_table(name=columns.String())
    thing = declare({"app_label": "library"}, "Part", thing=columns.Reference(maker))
    prepare(thing)
    row = thing.objects.create(thing=maker.objects.create(name="Ada"))
    assert row.thing.name == "Ada"


def test_django_models() -> None:
    """A reference leads to tables alone."""
    from tests.backend.shop.models import Maker

    with pytest.raises(ConfigurationError, match="Store its primary key"):
        declare({"app_label": "library"}, user=columns.Reference(Maker))
    row = made_table(None, user_id=columns.Integer()).objects.create(user_id=7)
    assert row.user_id == 7


def test_on_delete() -> None:
    with pytest.raises(ConfigurationError, match="delete the referring rows yourself, or declare a Relationship"):
        columns.Reference("Maker", on_delete=models.CASCADE)

    class Case(Table):
        parts = columns.Relationship("Part", "oneToMany", two_way_key="owner", on_delete="cascade")

        class Meta:
            app_label = "library"

    class Part(Table):
        owner = columns.Relationship(
            "Case", "manyToOne", two_way_key="parts", on_delete="cascade", related_name="parts"
        )

        class Meta:
            app_label = "library"

    with made(Case, Part):
        row = Case.objects.create()
        Part.objects.create(owner=row)
        row.delete()
        assert Part.objects.count() == 0


def test_many_to_many() -> None:
    refused(r'columns\.Relationship\("Tag", "manyToMany"\)', tags=models.ManyToManyField("Tag"))
    with pytest.raises(ConfigurationError, match="table with two"):
        columns.Relationship("Tag", "manyToMany", through="Tagging")
    tag = declare({"app_label": "library"}, "Tag", name=columns.String())
    book = declare({"app_label": "library"}, tags=columns.Relationship(tag, "manyToMany"))
    with made(tag, book):
        row = book.objects.create(tags=[tag.objects.create(name="sf")])
        assert [one.name for one in row.tags] == ["sf"]


def test_own_modules() -> None:
    table = type("Elsewhere", (Table,), {"name": columns.String(), "__module__": __name__})
    assert table not in registry.all()
    register(table)
    assert table in registry.all()
