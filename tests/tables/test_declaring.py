"""Tables declared as classes: inheritance, Meta, and the errors of wrong declarations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ObjectDoesNotExist

from django_appwrite_orm import CachePolicy, Index, Permission, Role, Table, UniqueIndex, columns
from django_appwrite_orm.exceptions import ConfigurationError


class Thing(Table):
    name = columns.String(size=10, required=True)
    size = columns.Integer()

    class Meta:
        abstract = True
        permissions = [Permission.read(Role.any())]
        cache = CachePolicy(ttl=7)


def test_columns_of_bases_come_first_and_are_bound_to_their_names() -> None:
    class Chair(Thing):
        legs = columns.Integer(column="leg_count")

    assert list(Chair._meta.columns) == ["name", "size", "legs"]
    assert [column.key for column in Chair._meta.columns.values()] == ["name", "size", "leg_count"]
    assert Chair._meta.by_key["leg_count"] is Chair.legs
    assert "legs" not in Thing._meta.columns


def test_a_subclass_replaces_a_column_in_its_position_and_removes_it_with_none() -> None:
    class Stool(Thing):
        name = columns.String(size=99)
        size = None

    assert list(Stool._meta.columns) == ["name"]
    assert Stool.name.size == 99
    assert Stool(name="x").size is None
    with pytest.raises(TypeError, match="no column 'size'"):
        Stool(size=3)


def test_the_first_base_in_the_mro_wins() -> None:
    class Wide(Thing):
        name = columns.String(size=50, required=True)

    class Plain(Thing):
        pass

    class Both(Plain, Wide):
        pass

    assert Both._meta.columns["name"] is Both.name
    assert Both.name.size == 50


def test_columns_of_a_mixin_that_is_not_a_table_are_columns() -> None:
    class Stamped:
        stamp = columns.Integer(default=5)

    class Letter(Stamped, Thing):
        pass

    assert list(Letter._meta.columns) == ["name", "size", "stamp"]
    assert Letter(name="x").stamp == 5


def test_one_column_object_can_be_assigned_to_several_names() -> None:
    shared = columns.Integer()

    class Pair(Table):
        left = shared
        right = shared

    row = Pair(left=1, right=2)
    assert (row.left, row.right) == (1, 2)
    assert list(Pair._meta.by_key) == ["left", "right"]


def test_meta_is_inherited_without_abstract_id_and_name() -> None:
    class Table1(Thing):
        pass

    class Table2(Thing):
        class Meta(Thing.Meta):
            name = "second"
            cache = CachePolicy(ttl=9)

    class Table3(Table2):
        pass

    assert not Table1._meta.abstract
    assert Table1._meta.permissions == ('read("any")',)
    assert (Table2._meta.name, Table2._meta.policy) == ("second", CachePolicy(ttl=9))
    assert Table2._meta.permissions == ('read("any")',)
    assert (Table3._meta.name, Table3._meta.policy) == ("table3", CachePolicy(ttl=9))


def test_an_own_meta_replaces_that_of_the_base() -> None:
    class Alone(Thing):
        class Meta:
            name = "alone"

    assert Alone._meta.permissions == ()
    assert Alone._meta.policy is None


def test_the_default_name_is_app_label_and_class_name() -> None:
    from tests.support.library.tables import Everything

    assert Everything._meta.label == "library.Everything"
    assert (Everything._meta.name, Everything._meta.id) == ("library_everything", "library_everything")

    class OrderLine(Table):
        class Meta:
            app_label = "shop"
            id = "lines"

    assert (OrderLine._meta.name, OrderLine._meta.id) == ("shop_order_line", "lines")


def test_every_table_has_exceptions_of_its_own() -> None:
    class First(Thing):
        pass

    class Second(Thing):
        pass

    assert issubclass(First.DoesNotExist, ObjectDoesNotExist)
    assert First.DoesNotExist.__qualname__.endswith("First.DoesNotExist")
    assert not issubclass(First.DoesNotExist, Second.DoesNotExist)
    assert not issubclass(First.MultipleObjectsReturned, Second.MultipleObjectsReturned)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("nmae", "x", "unknown option 'nmae'. Known: abstract, app_label"),
        ("permissions", 'read("any")', "permissions must be list or tuple, not str"),
        ("indexes", Index("name"), "indexes must be list or tuple, not Index"),
        ("row_security", 1, "row_security must be bool, not int"),
        ("using", None, "using must be str, not NoneType"),
        ("warm", "all", "warm must be bool or list or tuple, not str"),
    ],
)
def test_wrong_options_in_meta_are_refused_when_the_class_is_defined(option: str, value: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Wrong\.Meta: ") as caught:
        type("Wrong", (Table,), {"Meta": type("Meta", (), {option: value})})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: columns.String(size=0), "String: size must be a whole number from 1 to 1,073,741,824, not 0"),
        (lambda: columns.String(size=True), "not True"),
        (lambda: columns.Varchar(size=16_382), "Varchar: size must be a whole number from 1 to 16,381"),
        (
            lambda: columns.String(size=149, encrypt=True),
            "String: encrypted text needs a size of at least 150, not 149",
        ),
        (lambda: columns.UUID(encrypt=True), "UUID: encrypted text needs a size of at least 150, not 36"),
        (lambda: columns.Point(array=True), "Point: Appwrite has no arrays of this kind"),
        (lambda: columns.Integer(min=3, max=2), "Integer: min=3 is above max=2"),
        (lambda: columns.Integer(min=0.5), "Integer: min=0.5 is not valid for this column"),
        (lambda: columns.Integer(min=-(2**63)), "is not valid for this column"),
        (lambda: columns.Float(max=float("nan")), "Float: max=nan is not valid for this column"),
        (lambda: columns.Enum("abc"), "Enum: elements must be a list of strings, not 'abc'"),
        (lambda: columns.Enum(5), "Enum: elements must be a list of strings, not 5"),
        (lambda: columns.Enum([]), "Enum: needs 1 to 100 elements, not 0"),
        (lambda: columns.Enum(map(str, range(101))), "Enum: needs 1 to 100 elements, not 101"),
        (lambda: columns.Enum([1]), "Enum: an element must be a string of 1 to 255 characters, not 1"),
        (lambda: columns.Enum(["a", "a"]), "Enum: an element is in the list twice"),
        (lambda: columns.Email(required=True, db_default="a@b.cd"), "a required column cannot have a db_default"),
        (lambda: columns.Float(array=True, db_default=[1.0]), "Appwrite has no defaults for array columns"),
        (lambda: Index(), "Index: expected names of columns"),
        (lambda: Index("-"), "Index: expected names of columns"),
        (lambda: UniqueIndex("a", "b", lengths=[1]), "UniqueIndex: lengths has 1 entries for 2 columns"),
    ],
)
def test_wrong_options_of_columns_are_refused_when_they_are_made(declare: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        declare()
    assert message in str(caught.value)


def test_the_default_key_of_an_index_is_made_of_its_columns_and_short_enough() -> None:
    long = [f"a_rather_long_column_{number}" for number in range(4)]
    assert Index("genre", "-price").key == "genre_price_key"
    assert Index("-price").orders == ("DESC",)
    assert len(Index(*long).key) == 36
    assert Index(*long).key != Index(*reversed(long)).key
    assert Index(*long).key == Index(*long).key
