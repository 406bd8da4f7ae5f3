"""A row that knows another one by its id, without help from the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django.core.exceptions import ValidationError
from django.db import models

from ...conf import ID_RULE, VALID_ID
from ...exceptions import ConfigurationError
from ...plans.limits import ID_LENGTH
from ..kinds import KINDS, SIDE_BYTES
from .text import String
from .unknown_options import unknown_options

if TYPE_CHECKING:
    from ..row import Row


class ReferenceColumn(String[Any]):
    """The column that keeps the id. Made by `Reference`."""

    def __init__(self, **common: Any) -> None:
        super().__init__(size=ID_LENGTH, **common)

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, str) or not VALID_ID.fullmatch(value):
            raise ValidationError(f"{value!r} is not the id of a row. Use {ID_RULE}.", code="invalid")
        return value


def leads_to_a_model(model: type[models.Model]) -> str:
    """What to say about a relation to a Django model."""
    key = "Integer" if isinstance(model._meta.pk, models.IntegerField) else "String"
    word = model.__name__
    return (
        f"{model._meta.label} is a Django model, and rows refer to rows of tables alone. Keep its primary key,"
        f" {word.lower()}_id = columns.{key}(), and read it by {word}.objects.get(pk=row.{word.lower()}_id)."
    )


class Relation:
    """What leads from a row to rows of another table. `to` is that table: its class, its name, its label, or
    "self"; `related_name` is what the way back is called on it, with a "+" at the end for none."""

    declared_as: ClassVar[str]  # the word that users write for it
    name: str

    def __init__(self, to: str | type[Row], related_name: str | None) -> None:
        if not isinstance(to, (str, type)) or not to:
            raise ConfigurationError(
                f"{self.declared_as}: give the table it leads to, as a class or a name, not {to!r}."
            )
        if isinstance(to, type) and issubclass(to, models.Model):
            raise ConfigurationError(f"{self.declared_as}: {leads_to_a_model(to)}")
        self.to = to
        self.related_name = related_name

    def __set_name__(self, table: type[Row], name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.declared_as}: {getattr(self, 'name', '?')}>"

    def accessor(self, table: type[Row]) -> str | None:
        """What the way back to `table`, the one that refers, is called on the other one; None for none."""
        if self.related_name is None:
            return f"{table.__name__.lower()}_set"
        return None if self.related_name.endswith("+") else self.related_name


class RelationDescriptor:
    """What stands in the place of `relation` in a table class, to read and write the rows that it leads to."""

    def __init__(self, relation: Any) -> None:
        self.relation = relation


class Reference(Relation):
    """`maker = columns.Reference("Maker")`: the id of a row of another table, kept in a text column `maker_id`.

    `row.maker_id` is the id, `row.maker` the row: a get through the cache, which raises `Maker.DoesNotExist` where
    the id leads nowhere, for nothing on the server sees to it that it leads anywhere. Either can be set.
    `to` is a table class, its name, its label, or "self". `related_name` is what the way back is called on
    the other table: `product_set` unless told, "+" for none.
    """

    declared_as = "Reference"
    column_name: str

    def __init__(
        self,
        to: str | type[Row],
        *,
        required: bool = False,
        column: str | None = None,
        related_name: str | None = None,
        renamed_from: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unknown_options(self, unknown)
        super().__init__(to, related_name)
        self._keeper = ReferenceColumn(required=required, column=column, renamed_from=renamed_from)

    def __set_name__(self, table: type[Row], name: str) -> None:
        super().__set_name__(table, name)
        self.column_name = f"{name}_id"
        setattr(table, self.column_name, self._keeper)

    if TYPE_CHECKING:  # a table class has a descriptor in its place

        def __get__(self, row: Row | None, table: type[Row]) -> Any: ...

        def __set__(self, row: Row, other: Row | None) -> None: ...


TYPES: Final = ("oneToOne", "oneToMany", "manyToOne", "manyToMany")
ON_DELETE: Final = ("restrict", "cascade", "setNull")
_INVERSE: Final = {"oneToMany": "manyToOne", "manyToOne": "oneToMany"}
TO_MANY: Final = ("oneToMany", "manyToMany")
_NEVER: Final = ("required", "array", "default", "db_default", "convert")


def inverse(type: str) -> str:
    """The type of a relationship as the other side sees it."""
    return _INVERSE.get(type, type)


def to_itself_problem(type: str, two_way: bool) -> str:
    """Why Appwrite cannot build a relationship of this type of a table with itself; empty when it can.

    Observed on 1.9.6: oneToOne and manyToOne end as failed, oneToMany and manyToMany are built. A two-way manyToOne is
    the oneToMany of its other side, and a migration asks for that.
    """
    if type == "oneToOne":
        return (
            "Appwrite cannot build a oneToOne of a table with itself. Use a Reference, with a UniqueIndex over it if a"
            " row may be referred to once."
        )
    if type == "manyToOne" and not two_way:
        return (
            "Appwrite cannot build a one-way manyToOne of a table with itself. Give it a two_way_key, or use a"
            " Reference."
        )
    return ""


class Relationship(Relation):
    """`author = columns.Relationship("Author", "manyToOne", two_way_key="books")`: a link that Appwrite keeps.

    `type` is one of Appwrite's words oneToOne, oneToMany, manyToOne and manyToMany, as seen from this table. With
    a `two_way_key` the other table gets a column of that key; it may be declared there too, the other way round.
    `on_delete` says what deleting the other row does: "restrict" refuses it, "cascade" deletes this one as well,
    "setNull" takes the link away. `column` is the key on the server where it differs from the name in
    Python, `renamed_from` the key before; `related_name` is what the way back is called on the other table:
    `two_way_key` where there is one, else `book_set`, "+" for none.

    A link to one row is a `Reference`: `book.author` is the row, `book.author_id` its id. A link to many is the
    rows. Raises `ConfigurationError` for options that Appwrite's relationships do not have.
    """

    declared_as = "Relationship"

    def __new__(cls, to: str | type[Row], type: str, **options: Any) -> Self:
        if type not in TYPES:
            raise ConfigurationError(f"Relationship: the type must be one of {', '.join(TYPES)}, not {type!r}.")
        if words := [word for word in _NEVER if word in options]:
            raise ConfigurationError(
                f"Relationship: Appwrite knows no {words[0]} for relationships. Leave {words[0]}= out."
            )
        kind = RelationshipToMany if type in TO_MANY else RelationshipToOne
        return super().__new__(kind)  # type: ignore[return-value]  # as pathlib.Path makes what fits

    def __init__(
        self,
        to: str | type[Row],
        type: str,
        *,
        two_way_key: str | None = None,
        on_delete: str = "restrict",
        column: str | None = None,
        related_name: str | None = None,
        renamed_from: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unknown_options(self, unknown)
        Relation.__init__(self, to, two_way_key if related_name is None else related_name)
        if on_delete not in ON_DELETE:
            raise ConfigurationError(
                f"Relationship: on_delete must be one of {', '.join(ON_DELETE)}, not {on_delete!r}."
            )
        self.type = type
        self.two_way_key = two_way_key
        self.on_delete = on_delete
        self.renamed_from = renamed_from
        self._column = column

    @property
    def key(self) -> str:
        """The key of its column on the server."""
        return self._column or self.name

    def definition(self, related_id: str) -> dict[str, Any]:
        """The column as Appwrite describes it on the table that asked for it; `related_id` is what `to` is there."""
        return {
            "key": self.key,
            "type": RelationshipColumn.kind.type,
            "required": False,
            "array": False,
            "relatedTable": related_id,
            "relationType": self.type,
            "twoWay": self.two_way_key is not None,
            "twoWayKey": self.two_way_key,
            "onDelete": self.on_delete,
            "side": "parent",
        }


class RelationshipColumn(ReferenceColumn):
    """The column of a relationship to one row: its id. Made by `RelationshipToOne`."""

    kind = KINDS["relationship"]

    def options(self) -> dict[str, Any]:
        return {}

    @property
    def value_bytes(self) -> int:
        return SIDE_BYTES

    def decode(self, raw: Any) -> Any:
        """The id; a row that was asked for whole stands in its place, and an empty list for one that is gone."""
        return raw.get("$id") if isinstance(raw, dict) else raw or None


class RelationshipToOne(Relationship, Reference):
    """oneToOne and manyToOne."""

    def __set_name__(self, table: type[Row], name: str) -> None:
        self._keeper = RelationshipColumn(column=self._column or name, renamed_from=self.renamed_from)
        super().__set_name__(table, name)


class RelationshipToMany(Relationship):
    """oneToMany and manyToMany: no value of a row but rows of another table, read and written as such."""

    if TYPE_CHECKING:

        def __get__(self, row: Row | None, table: type[Row]) -> Any: ...

        def __set__(self, row: Row, others: Sequence[Row | str]) -> None: ...
