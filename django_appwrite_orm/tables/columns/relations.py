"""References and relationships: columns that lead to rows of other tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ...conf import ID_RULE, VALID_ID
from ...exceptions import ConfigurationError
from ...plans.limits import ID_LENGTH
from ..kinds import KINDS, SIDE_BYTES
from .text import String
from .unknown_options import unknown_options

if TYPE_CHECKING:
    from ..row import Row


class ReferenceColumn(String[Any]):
    """The column of the id of another row. Made by `Reference`."""

    def __init__(self, **common: Any) -> None:
        super().__init__(size=ID_LENGTH, **common)

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, str) or not VALID_ID.fullmatch(value):
            message = _("%(value)s is not the id of a row. Use %(rule)s.")
            raise ValidationError(message, code="invalid", params={"value": repr(value), "rule": _(ID_RULE)})
        return value


def leads_to_a_model(model: type[models.Model]) -> str:
    """Return the message for a relation to a Django model."""
    column = "Integer" if isinstance(model._meta.pk, models.IntegerField) else "String"
    name = model.__name__
    return (
        f"{model._meta.label} is a Django model, and rows can refer to rows of tables only. Store its primary key,"
        f" {name.lower()}_id = columns.{column}(), and read it with {name}.objects.get(pk=row.{name.lower()}_id)."
    )


class Relation:
    """A relation from the rows of a table to rows of another one.

    `to` is the other table: its class, its name, its label, or "self". `related_name` is the name of the reverse
    relation there; one that ends in "+" means that there is none.
    """

    declared_as: ClassVar[str]  # the name of the class that users write
    name: str
    two_way_key: str | None = None

    def __init__(self, to: str | type[Row], related_name: str | None) -> None:
        if not isinstance(to, (str, type)) or not to:
            raise ConfigurationError(f"{self.declared_as}: expected a table class or the name of one, not {to!r}.")
        if isinstance(to, type) and issubclass(to, models.Model):
            raise ConfigurationError(f"{self.declared_as}: {leads_to_a_model(to)}")
        self.to = to
        self.related_name = related_name

    def __set_name__(self, table: type[Row], name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.declared_as}: {getattr(self, 'name', '?')}>"

    def accessor(self, table: type[Row]) -> str | None:
        """Return the name of the reverse relation to `table`, which declares this one; None without one."""
        if self.related_name is None:
            return f"{table.__name__.lower()}_set"
        return None if self.related_name.endswith("+") else self.related_name


class RelationDescriptor:
    """Base of the descriptors that replace `relation` in a table class, to read and set the related rows."""

    def __init__(self, relation: Any) -> None:
        self.relation = relation


class Reference(Relation):
    """`maker = columns.Reference("Maker")`: the id of a row of another table, in a text column `maker_id`.

    `row.maker_id` is the id. `row.maker` is the row, read through the cache; it raises `Maker.DoesNotExist` where there
    is none with that id, because the server does not enforce references. Both can be set. `to` is a table class, its
    name, its label, or "self". `related_name` is the name of the reverse relation, `product_set` by default; "+" means
    that there is none.
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
        self._id_column = ReferenceColumn(required=required, column=column, renamed_from=renamed_from)

    def __set_name__(self, table: type[Row], name: str) -> None:
        super().__set_name__(table, name)
        self.column_name = f"{name}_id"
        setattr(table, self.column_name, self._id_column)

    if TYPE_CHECKING:  # a table class has a descriptor instead

        def __get__(self, row: Row | None, table: type[Row]) -> Any: ...

        def __set__(self, row: Row, other: Row | None) -> None: ...


TYPES: Final = ("oneToOne", "oneToMany", "manyToOne", "manyToMany")
ON_DELETE: Final = ("restrict", "cascade", "setNull")
_INVERSE: Final = {"oneToMany": "manyToOne", "manyToOne": "oneToMany"}
TO_MANY: Final = ("oneToMany", "manyToMany")
_NEVER: Final = ("required", "array", "default", "db_default", "convert")


def inverse(type: str) -> str:
    """Return the type of a relationship as seen from the other side."""
    return _INVERSE.get(type, type)


def to_itself_problem(type: str, two_way: bool) -> str:
    """Return why Appwrite cannot create a relationship of this type from a table to itself; empty when it can.

    Observed on 1.9.6: oneToOne and manyToOne fail, oneToMany and manyToMany are created. A two-way manyToOne is the
    oneToMany of its other side, which a migration creates.
    """
    if type == "oneToOne":
        return (
            "Appwrite cannot build a oneToOne of a table with itself. Use a Reference, with a UniqueIndex over it if"
            " at most one row may refer to another."
        )
    if type == "manyToOne" and not two_way:
        return "Appwrite cannot build a one-way manyToOne of a table with itself. Set two_way_key=, or use a Reference."
    return ""


class Relationship(Relation):
    """`author = columns.Relationship("Author", "manyToOne", two_way_key="books")`: a relation that Appwrite keeps.

    - `type`: oneToOne, oneToMany, manyToOne or manyToMany, as seen from this table.
    - `two_way_key`: the key of a column that the other table gets; it may be declared there too, with the inverse type.
    - `on_delete`: what happens when the other row is deleted: "restrict" refuses that, "cascade" deletes this row too,
      "setNull" removes the link.
    - `column`: the key on the server, where it differs from the name in Python; `renamed_from` is the former key.
    - `related_name`: the name of the reverse relation: `two_way_key` if there is one, else `book_set`; "+" means none.

    A relation to one row is a `Reference`: `book.author` is the row, `book.author_id` its id. A relation to many is the
    rows. Raises `ConfigurationError` for options that Appwrite's relationships do not have.
    """

    declared_as = "Relationship"

    def __new__(cls, to: str | type[Row], type: str, **options: Any) -> Self:
        if type not in TYPES:
            raise ConfigurationError(f"Relationship: the type must be one of {', '.join(TYPES)}, not {type!r}.")
        if refused := [option for option in _NEVER if option in options]:
            raise ConfigurationError(
                f"Relationship: Appwrite has no {refused[0]} for relationships. Leave {refused[0]}= out."
            )
        kind = RelationshipToMany if type in TO_MANY else RelationshipToOne
        return super().__new__(kind)  # type: ignore[return-value]  # a subclass, as pathlib.Path does it

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
        """Return the column as Appwrite describes it on the declaring table; `related_id` is the id of `to`."""
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
        """Return the id. Appwrite sends a row where the whole one was selected, and an empty list for a deleted one."""
        return raw.get("$id") if isinstance(raw, dict) else raw or None


class RelationshipToOne(Relationship, Reference):
    """A relationship of type oneToOne or manyToOne."""

    def __set_name__(self, table: type[Row], name: str) -> None:
        self._id_column = RelationshipColumn(column=self._column or name, renamed_from=self.renamed_from)
        super().__set_name__(table, name)


class RelationshipToMany(Relationship):
    """A relationship of type oneToMany or manyToMany; its value is rows of another table."""

    if TYPE_CHECKING:

        def __get__(self, row: Row | None, table: type[Row]) -> Any: ...

        def __set__(self, row: Row, others: Sequence[Row | str]) -> None: ...
