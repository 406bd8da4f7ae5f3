"""`model_of()`: the class, its options, and what is refused."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.db import DataError, IntegrityError, NotSupportedError, models
from django.forms import modelform_factory
from django.test.utils import isolate_apps

from django_appwrite_orm import Table, columns
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.backend.schema.ownership import shared_tables
from django_appwrite_orm.checks.models import relation_problems
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.models import model_of
from django_appwrite_orm.registry import registry

from .conftest import forget_models
from .tables import Author, Factory, Gadget, Label, Story

pytestmark = pytest.mark.usefixtures("tables")


def test_it_is_an_unmanaged_model_of_the_app_of_the_table() -> None:
    model = model_of(Gadget)
    assert issubclass(model, models.Model)
    meta = model._meta
    assert (meta.label, meta.db_table, meta.managed) == ("shop.Gadget", "shop_gadget", False)
    assert (meta.verbose_name, meta.verbose_name_plural) == ("gadget", "gadgets")
    assert apps.get_model("shop", "gadget") is model
    assert model is model_of(Gadget)
    assert table_of(model) is Gadget
    assert model.objects.create(name="a").created_at is not None


def test_the_class_and_its_instances_can_be_pickled_and_copied() -> None:
    model = model_of(Gadget)
    instance = model.objects.create(name="a", factory=model_of(Factory).objects.create(name="north"))
    assert pickle.loads(pickle.dumps(model)) is model
    read = pickle.loads(pickle.dumps(instance))
    assert (type(read), read, read.name) == (model, instance, "a")
    assert pickle.loads(pickle.dumps(model.objects.filter(name="a").query)).model is model
    assert copy.deepcopy(instance) == instance
    content = pickle.dumps(instance)
    forget_models()
    assert type(pickle.loads(content)) is model_of(Gadget)


def test_threads_get_the_same_class() -> None:
    barrier, made = threading.Barrier(8), []

    def ask(table: Any) -> None:
        barrier.wait()
        made.append((table, model_of(table)))

    threads = [threading.Thread(target=ask, args=(table,)) for table in (Gadget, Factory) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(made) == {(Gadget, model_of(Gadget)), (Factory, model_of(Factory))}
    assert model_of(Gadget)._meta.get_field("factory").related_model is model_of(Factory)


def test_no_migration_makes_or_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    model = model_of(Gadget)

    class Shown(model):  # type: ignore[misc, valid-type]
        class Meta:
            proxy = True
            app_label = "shop"

    try:
        call_command("makemigrations", "shop", "--dry-run", "-v3")
        output = capsys.readouterr().out
        assert "Maker" in output
        assert "Gadget" not in output
        assert "Shown" not in output
        call_command("migrate", run_syncdb=True, verbosity=0)
        model.objects.create(name="a")
        call_command("migrate_appwrite", verbosity=0)
        call_command("migrate", run_syncdb=True, verbosity=0)
        call_command("migrate_appwrite", "--check", verbosity=0)
        assert model.objects.count() == 1
    finally:
        del apps.all_models["shop"]["shown"]
        apps.clear_cache()


def test_checks_are_satisfied() -> None:
    for table in (Gadget, Story, Author):
        assert model_of(table).check(databases=["default"]) == []
    assert shared_tables("default") == []
    call_command("check", databases=["default"])


def test_a_foreign_key_of_another_model_to_it_is_reported() -> None:
    with isolate_apps("tests.backend.shop"):

        class Visit(models.Model):
            gadget = models.ForeignKey(model_of(Gadget), models.CASCADE, related_name="+")

            class Meta:
                app_label = "shop"

    (problem,) = relation_problems(Visit)
    assert (problem.id, problem.obj) == ("appwrite.E115", Visit)
    assert "leads to shop.Gadget, the model of a Table" in problem.msg
    assert list(relation_problems(model_of(Gadget))) == []


def test_the_table_is_registered_once() -> None:
    model_of(Gadget)
    assert registry.every().count(Gadget) == 1
    assert [table._meta.id for table in registry.every()].count("shop_gadget") == 1


def test_unique_values_are_validated_and_refused() -> None:
    model = model_of(Gadget)
    first = model.objects.create(name="a", factory=model_of(Factory).objects.create(name="n"))
    with pytest.raises(ValidationError, match="Factory with this Name already exists"):
        model_of(Factory)(name="n").full_clean()
    with pytest.raises(ValidationError, match="Gadget with this Factory and Name already exists"):
        model(name="a", factory=first.factory).full_clean()
    with pytest.raises(IntegrityError, match="factory_id_name_unique"):
        model.objects.create(name="a", factory=first.factory)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"stock": 1001}, "less than or equal to 1000"),
        ({"stock": -1}, "greater than or equal to 0"),
        ({"weight": -1.0}, "greater than or equal to 0"),
        ({"slogan": "x" * 21}, "at most 20 characters"),
        ({"story": "x" * 5001}, "At most 5000 characters"),
        ({"text": "ä" * 40_000}, "At most 65535 bytes"),
        ({"email": "a@localhost"}, "Enter a valid email address"),
        ({"home": "javascript:x"}, "Enter a valid URL"),
        ({"home": "https://exämple.com"}, "printable ASCII"),
        ({"colour": "green"}, "not a valid choice"),
        ({"place": [200, 0]}, "longitude must be from -180 to 180"),
        ({"words": ["x" * 21]}, "at most 20 characters"),
        ({"price": "1.234"}, "no more than 2 decimal places"),
        ({"slogan": "same", "name": "same"}, "The slogan is the name."),
    ],
)
def test_values_are_validated_as_by_the_table(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model_of(Gadget)(**{"name": "a", **values}).full_clean()
    (messages,) = caught.value.message_dict.values()
    assert len(messages) == 1
    assert message in messages[0]


def test_what_clean_of_the_table_sets_is_taken_over() -> None:
    instance = model_of(Gadget)(name="a", slogan="none")
    instance.full_clean()
    assert instance.slogan is None
    assert str(instance) == "a (0)"


def test_a_value_that_the_column_cannot_hold_is_a_data_error() -> None:
    with pytest.raises(DataError, match=r"shop\.Gadget\.stock: At most 1000, not 1001\."):
        model_of(Gadget).objects.create(name="a", stock=1001)


def test_encrypted_columns_and_shapes_are_read_but_not_compared() -> None:
    model = model_of(Gadget)
    with pytest.raises(NotSupportedError, match=r"Gadget\.secret is encrypted.*store a digest"):
        model.objects.filter(secret="hush")
    with pytest.raises(NotSupportedError, match=r"Gadget\.secret is encrypted"):
        list(model.objects.order_by("-secret"))
    with pytest.raises(NotSupportedError, match=r"Gadget\.place: a point can be neither compared nor ordered"):
        model.objects.filter(place=(1, 2))
    with pytest.raises(NotSupportedError, match=r"Gadget\.area: a polygon"):
        list(model.objects.distinct().order_by("area"))


def test_relationships_to_one_are_foreign_keys_and_those_to_many_are_read() -> None:
    author = Author.objects.create(name="Ada")
    labels = [Label.objects.create(name=name) for name in "ab"]
    row = Story.objects.create(title="x", author=author, labels=labels)
    story = model_of(Story).objects.get(pk=row.id)
    assert story.author_id == author.id
    assert story.author == model_of(Author).objects.get()
    assert {label.name for label in story.labels} == {"a", "b"}
    assert all(type(label) is model_of(Label) for label in story.labels)
    assert list(story.author.stories.all()) == [story]
    assert list(model_of(Story)(title="new").labels) == []
    with pytest.raises(AttributeError, match=r"Story\.labels is a relationship to many.*cannot be set"):
        story.labels = []
    with pytest.raises(FieldError, match=r"Story\.labels is a relationship to many.*used in a query"):
        model_of(Story).objects.filter(labels__name="a")
    with pytest.raises(FieldError, match="'labels' cannot be specified for Story model form"):
        modelform_factory(model_of(Story), fields=["title", "labels"])
    assert "labels" not in modelform_factory(model_of(Story), fields="__all__").base_fields


def test_a_relationship_to_one_can_be_filtered_and_written() -> None:
    author = Author.objects.create(name="Ada")
    row = Story.objects.create(title="x", author=author)
    Story.objects.create(title="y")
    model = model_of(Story)
    assert [story.title for story in model.objects.filter(author=author.id)] == ["x"]
    assert [story.title for story in model.objects.filter(author__name="Ada")] == ["x"]
    assert [story.title for story in model.objects.filter(author=None)] == ["y"]
    assert [story.author.name for story in model.objects.select_related("author").filter(title="x")] == ["Ada"]
    assert model.objects.values_list("author", flat=True).get(title="x") == author.id
    story = model.objects.create(title="z", author_id=author.id)
    assert Story.objects.get(id=story.pk).author_id == author.id
    story.author = None
    story.save()
    assert Story.objects.get(id=story.pk).author_id is None
    model.objects.bulk_create([model(title="p", author_id=author.id), model(title="q")])
    assert model.objects.count() == 5
    model.objects.update(title="all")
    assert {story.title for story in model.objects.all()} == {"all"}
    assert model.objects.get(pk=row.id).author_id == author.id
    model_of(Author).objects.get().delete()
    assert {story.author_id for story in model.objects.all()} == {None}
    model.objects.all().delete()
    assert Story.objects.count() == 0


def test_what_cannot_have_a_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected a table class"):
        model_of("Gadget")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="an abstract table has no rows"):
        model_of(Table)

    class Loose(Table):
        name = columns.String()

    with pytest.raises(ConfigurationError, match=r"model_of\(Loose\): the table is not registered"):
        model_of(Loose)
    registry.add(Loose)
    try:
        with pytest.raises(ConfigurationError, match="None is not the label of one"):
            model_of(Loose)
    finally:
        registry.discard(Loose)


def test_a_model_of_the_same_name_is_refused() -> None:
    class Maker(Table):
        name = columns.String()

        class Meta:
            app_label = "shop"

    registry.add(Maker)
    try:
        with pytest.raises(ConfigurationError, match=r"tests\.backend\.shop\.models\.Maker is a model of this name"):
            model_of(Maker)
    finally:
        registry.discard(Maker)


def test_only_proxies_derive_from_it() -> None:
    with pytest.raises(ConfigurationError, match="which a model cannot extend"):
        type(model_of(Factory))("More", (model_of(Factory),), {"__module__": __name__, "Meta": _meta()})
    del apps.all_models["shop"]["more"]
    apps.clear_cache()


def _meta() -> type:
    return type("Meta", (), {"app_label": "shop"})


def test_a_reverse_relation_takes_no_name_that_every_row_has() -> None:
    class Shelf(Table):
        maker = columns.Reference("Factory", related_name="permissions")

        class Meta:
            app_label = "shop"

    registry.add(Shelf)
    try:
        model_of(Shelf)
        assert model_of(Factory)(permissions=['read("any")']).permissions == ['read("any")']
    finally:
        registry.discard(Shelf)
