"""Checks of references and relationships: their targets, and both sides of a relationship."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.checks import CheckMessage, Error, Warning

from ..conf import DEFAULT_ALIAS
from ..exceptions import ConfigurationError
from ..querysets import Table
from ..registry import registry
from ..tables import Row, name_problem
from ..tables.columns import Relationship
from ..tables.columns.relations import Relation, inverse, to_itself_problem

_HINT = "Make both declarations match, or declare one side only; its two_way_key= names the other side."


def relation_problems(table: type[Row]) -> Iterator[CheckMessage]:
    """Yield the problems of the relations of one table."""
    label = table._meta.label
    for relation in table._meta.relations.values():
        other = _target(table, relation)
        if isinstance(other, ConfigurationError):
            hint = (
                "Correct the name, pass the class itself, or register the table. To refer to a Django model, store its"
                " primary key in an ordinary column."
            )
            yield Error(str(other), hint=hint, obj=label, id="appwrite_orm.E026")
        elif other not in registry.all():
            message = f"{relation!r} leads to {other.__name__}, which is not registered."
            yield Error(
                message, hint="Register it, or declare it in an app's tables.py.", obj=label, id="appwrite_orm.E026"
            )
        else:
            yield from _reverse_problems(table, relation, other)
            if isinstance(relation, Relationship):
                yield from _link_problems(table, relation, other)


def _link_problems(table: type[Row], relationship: Relationship, other: type[Row]) -> Iterator[CheckMessage]:
    label = table._meta.label
    for message in _other_side_problems(table, relationship, other):
        yield Error(f"Relationship {relationship.name!r}: {message}", hint=_HINT, obj=label, id="appwrite_orm.E027")
    if (table._meta.using or DEFAULT_ALIAS) != (other._meta.using or DEFAULT_ALIAS):
        message = f"Relationship {relationship.name!r} leads to {other._meta.label}, on another connection."
        hint = "Appwrite links rows of one database only. Use a Reference, which works across connections."
        yield Error(message, hint=hint, obj=label, id="appwrite_orm.E028")


def _reverse_problems(table: type[Row], relation: Relation, other: type[Row]) -> Iterator[CheckMessage]:
    name, meta = relation.accessor(table), other._meta
    if name is None:
        return
    side = meta.relationships.get(name)
    if side is not None and isinstance(relation, Relationship) and side.key == relation.two_way_key:
        return  # the other table declares this same relationship
    rival = "every row has" if name_problem(name, Table) else ""
    rival = rival or (f"{meta.label} has" if name in {**meta.columns, **meta.relations} else "")
    for referring, earlier in _relations_before(table, relation):
        if earlier.accessor(referring) == name and _target(referring, earlier) is other:
            rival = f"{referring._meta.label}.{earlier.name} has"
    if rival:
        message = f"The reverse relation of {relation.name!r} on {meta.label} is {name!r}, a name that {rival} already."
        yield Warning(
            message,
            hint="Set a different related_name=, or '+' for no reverse relation.",
            obj=table._meta.label,
            id="appwrite_orm.W026",
        )


def _relations_before(table: type[Row], relation: Relation) -> Iterator[tuple[type[Row], Relation]]:
    """Yield the relations declared before `relation`, in the order of registration."""
    for other in registry.all():
        for earlier in other._meta.relations.values():
            if earlier is relation and other is table:
                return
            yield other, earlier


def undeclared_sides(table: type[Row]) -> list[Relationship]:
    """Return relationships of other tables that add a column to `table` which `table` does not declare."""
    own = {relationship.key.lower() for relationship in table._meta.relationships.values()}
    return [
        relationship
        for other in registry.all()
        for relationship in other._meta.relationships.values()
        if relationship.two_way_key is not None
        and relationship.two_way_key.lower() not in own
        and _target(other, relationship) is table
    ]


def _target(table: type[Row], relation: Relation) -> type[Row] | ConfigurationError:
    try:
        return registry.target(table, relation)
    except ConfigurationError as error:
        return error


def _other_side_problems(table: type[Row], relationship: Relationship, other: type[Row]) -> Iterator[str]:
    meta, back = other._meta, relationship.two_way_key
    for referring, rival in _relations_before(table, relationship):
        if not isinstance(rival, Relationship) or _target(referring, rival) is not other:
            continue
        if referring is table and _mirrors(table, relationship, other, rival):  # a table with itself
            continue
        if referring is table and rival.type == relationship.type == "manyToMany":
            yield f"{rival.name!r} is also a manyToMany to {meta.label}; Appwrite allows one."
        elif back is not None and (rival.two_way_key or "").lower() == back.lower():
            yield f"{referring._meta.label}.{rival.name} also has the two_way_key {back!r}."
    if other is table and (problem := to_itself_problem(relationship.type, back is not None)):
        yield problem
    if back is None:
        return
    if taken := [column.name for column in meta.columns.values() if column.key.lower() == back.lower()]:
        declared = [reference for reference in meta.references.values() if reference.column_name == taken[0]]
        if not any(isinstance(reference, Relationship) for reference in declared):
            yield f"two_way_key {back!r} is the key of {meta.label}.{taken[0]}."
    if other is table and back.lower() == relationship.key.lower():
        yield f"two_way_key {back!r} is the relationship's own key."
        return
    for side in meta.relationships.values():
        if side.key.lower() == back.lower() and not _mirrors(table, relationship, other, side):
            yield (
                f"its other side {meta.label}.{side.name} is declared differently. It must lead to"
                f" {table._meta.label} as {inverse(relationship.type)!r}, with two_way_key={relationship.key!r} and"
                f" on_delete={relationship.on_delete!r}."
            )


def _mirrors(table: type[Row], relationship: Relationship, other: type[Row], side: Relationship) -> bool:
    """Whether `side`, of the other table, declares the relationship from there."""
    return (
        _target(other, side) is table
        and (side.key, side.two_way_key) == (relationship.two_way_key, relationship.key)
        and (side.type, side.on_delete) == (inverse(relationship.type), relationship.on_delete)
    )
