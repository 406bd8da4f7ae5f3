"""Features of Django models either work in a table or are refused when the class is defined."""

from __future__ import annotations

import abc
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.registry import registry


class User(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "people"  # which is not installed

    def __str__(self) -> str:
        return self.name


class Slug(models.SlugField):
    """A field of a project."""


class Genre(models.TextChoices):
    NOVEL = "novel", gettext_lazy("A novel")
    POETRY = "poetry", "Poetry"


FIELDS = [
    (
        lambda: models.CharField(max_length=5),
        r"Odd\.thing is Django's CharField\..*write columns\.String\(size=\.\.\.\)",
    ),
    (lambda: Slug(), r"Odd\.thing is Django's Slug\..*columns\.String\(size"),
    (
        lambda: models.ForeignKey(User, on_delete=models.CASCADE),
        r"Django's ForeignKey\..*columns\.Reference\(\"Maker\"\)",
    ),
    (lambda: models.ManyToManyField(User), r"ManyToManyField\..*columns\.Relationship\(\"Tag\", \"manyToMany\"\)"),
    (lambda: models.PositiveSmallIntegerField(), r"PositiveSmallIntegerField\..*columns\.Integer\(min"),
    (lambda: models.BigAutoField(), r"BigAutoField\..*every row has an id"),
    (lambda: models.ImageField(), r"ImageField\..*name of the file"),
    (lambda: models.Field(), r"Django's Field\. Tables use columns\.\* and relations"),
    (lambda: models.Manager(), r"Odd\.thing is Django's Manager\. Tables use django_appwrite_orm\.Manager"),
]


@pytest.mark.parametrize(("make", "message"), FIELDS)
def test_fields_and_managers_of_models_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        type("Odd", (Table,), {"thing": make()})
    mixin = type("Mixin", (), {"thing": make()})
    with pytest.raises(ConfigurationError, match=message):
        type("Odd", (mixin, Table), {})


def test_the_error_for_a_django_field_names_a_column() -> None:
    from django_appwrite_orm.tables.model_features import _COLUMNS

    public = [value for value in vars(models).values() if isinstance(value, type) and issubclass(value, models.Field)]
    for field in public:
        assert (
            field is models.Field
            or any(base.__name__ in _COLUMNS for base in field.__mro__)
            or (field.__name__ in ("ForeignObject", "CompositePrimaryKey", "GeneratedField", "OrderWrt"))
        ), field


HOOKS = [
    "check", "date_error_message", "from_db", "get_constraints", "get_deferred_fields", "prepare_database_save",
    "save_base", "unique_error_message", "validate_constraints", "validate_unique",
]  # fmt: skip


@pytest.mark.parametrize("name", HOOKS)
def test_model_hooks_that_are_never_called_are_refused(name: str) -> None:
    for hook in (lambda self: None, classmethod(lambda cls: None)):
        with pytest.raises(
            ConfigurationError, match=rf"Odd\.{name}\(\) is a hook of Django's models that is not called on tables"
        ):
            type("Odd", (Table,), {name: hook})


def test_every_method_of_a_model_is_honoured_or_refused() -> None:
    """A Django to come has further ones."""
    for name in dir(models.Model):
        if not name.startswith("_"):
            assert hasattr(Table, name) != (name in HOOKS) or name == "NotUpdated", name


@pytest.mark.parametrize("name", ["pre_save", "get_prep_value", "from_db_value", "formfield", "__set__"])
def test_hooks_of_fields_are_refused_in_a_column_class(name: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"Odd\.{name} is a hook of fields that is not called on columns\. Use"
    ):
        type("Odd", (columns.String,), {name: lambda self, *args: None})


def test_a_column_may_have_the_name_of_a_hook() -> None:
    assert "check" in type("Fine", (Table,), {"check": columns.Boolean()})._meta.columns


META = [
    "apps", "auto_created", "constraints", "db_table", "db_table_comment", "db_tablespace", "default_permissions",
    "default_related_name", "get_latest_by", "index_together", "managed", "order_with_respect_to", "ordering", "proxy",
    "required_db_features", "required_db_vendor", "select_on_save", "swappable", "unique_together", "verbose_name",
    "verbose_name_plural",
]  # fmt: skip


@pytest.mark.parametrize("name", META)
def test_meta_options_of_models_are_refused_with_advice(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Odd\.Meta: '{name}' is an option of Django's models: \w+"):
        type("Odd", (Table,), {"Meta": type("Meta", (), {name: ["x"]})})


def test_every_option_of_a_model_is_known_or_refused() -> None:
    from django.db.models.options import DEFAULT_NAMES

    from django_appwrite_orm.tables.options import META_OPTIONS

    assert set(DEFAULT_NAMES) <= {*META, *META_OPTIONS}


class Story(Table):
    genre = columns.Enum(Genre, default=Genre.NOVEL)
    mood = columns.Enum(["dark", "light"])
    tags = columns.Enum(["a", "b"], array=True)

    def get_mood_display(self) -> str:
        return "its own"


def test_get_display_returns_the_label_of_a_choice() -> None:
    story = Story()
    assert (story.get_genre_display(), story.get_mood_display()) == ("A novel", "its own")
    story.genre = "poetry"
    assert story.get_genre_display() == "Poetry"
    assert Story.from_appwrite({"$id": "a", "genre": None}, "default").get_genre_display() is None
    assert type("Plain", (Table,), {"mood": columns.Enum(["dark"])})(mood="dark").get_mood_display() == "dark"
    assert not hasattr(story, "get_tags_display")
    assert Story._meta.get_field("genre").choices == [("novel", "A novel"), ("poetry", "Poetry")]


class TestDjangosOwnModels:
    def test_a_relation_to_a_django_model_is_refused(self) -> None:
        for relation in (columns.Reference, lambda to: columns.Relationship(to, "manyToOne")):
            with pytest.raises(
                ConfigurationError,
                match=r"people\.User is a Django model.*user_id = columns\.Integer\(\).*\(pk=row\.user_id",
            ):
                relation(User)

    @pytest.mark.parametrize("name", ["sessions.Session", "Session"])
    def test_a_relation_to_the_name_of_a_django_model_is_refused_when_followed(self, name: str) -> None:
        table = type("Odd", (Table,), {"session": columns.Reference(name)})
        with pytest.raises(
            ConfigurationError, match=r"session: sessions\.Session is a Django.*session_id = columns\.String"
        ):
            registry.target(table, table._meta.relations["session"])

    def test_admin_site_register_refuses_a_table(self) -> None:
        site = admin.AdminSite()
        with pytest.raises(
            TypeError, match=r"Story is a Table, not a Django model.*admin\.site\.register\(model_of\(Story\)\)"
        ):
            site.register(Story)
        with pytest.raises(
            AttributeError, match=r"Story is a Table, not a Django model.*ModelAdmin.*model_of\(Story\)"
        ):
            site.register([Story])


def test_a_mixin_can_be_an_abstract_base_class() -> None:
    class Named(abc.ABC):
        @abc.abstractmethod
        def title(self) -> str: ...

    class Fine(Table, Named):
        def title(self) -> str:
            return "x"

    assert Fine().title() == "x"
