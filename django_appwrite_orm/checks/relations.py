"""References and relationships: that they lead somewhere, and that both sides of a relationship say the same."""

from __future__ import annotations

from collections.abc import Iterator

from ..conf import DEFAULT_ALIAS
from ..exceptions import ConfigurationError
from ..registry import registry
from ..tables import Row
from ..tables.columns import Relationship
from ..tables.columns.reference import Relation
from ..tables.columns.relationship import inverse
from .finding import Finding

_OTHERWISE = "Declare both sides alike, or leave one of them out: two_way_key= names it."


def relation_problems(table: type[Row]) -> Iterator[Finding]:
    """Everything about where the relations of one table lead."""
    label = table._meta.label
    for relation in table._meta.relations.values():
        other = _target(table, relation)
        if isinstance(other, ConfigurationError):
            hint = "Correct the name, give the class itself, or register the table it is meant to lead to."
            yield Finding("E026", str(other), hint, label)
        elif other not in registry.all():
            message = f"{relation!r} leads to {other.__name__}, which is not registered."
            yield Finding("E026", message, "Register it, or declare it in an app's tables.py.", label)
        elif isinstance(relation, Relationship):
            for message in _other_side_problems(table, relation, other):
                yield Finding("E027", f"Relationship {relation.name!r}: {message}", _OTHERWISE, label)
            if (table._meta.using or DEFAULT_ALIAS) != (other._meta.using or DEFAULT_ALIAS):
                message = f"Relationship {relation.name!r} leads to {other._meta.label}, on another connection."
                hint = "Appwrite links rows of one database alone; use a Reference, which needs no help from it."
                yield Finding("E028", message, hint, label)


def undeclared_sides(table: type[Row]) -> list[Relationship]:
    """Relationships of other tables that put a column into this one which it does not declare itself."""
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
    for rival in table._meta.relationships.values():
        if rival is relationship or _target(table, rival) is not other or _mirrors(table, relationship, other, rival):
            continue
        if rival.type == relationship.type == "manyToMany":
            yield f"{rival.name!r} is a manyToMany to {meta.label}, too; Appwrite takes one."
        elif back is not None and (rival.two_way_key or "").lower() == back.lower():
            yield f"{rival.name!r} has the two_way_key {back!r}, too."
    if back is None:
        if other is table:
            yield "Appwrite cannot build a one-way relationship of a table with itself."
        return
    if taken := [column.name for column in meta.columns.values() if column.key.lower() == back.lower()]:
        declared = [one for one in meta.references.values() if one.column_name == taken[0]]
        if not any(isinstance(one, Relationship) for one in declared):
            yield f"two_way_key {back!r} is the key of {meta.label}.{taken[0]}."
    if other is table and back.lower() == relationship.key.lower():
        yield f"two_way_key {back!r} is its own key."
        return
    for side in meta.relationships.values():
        if side.key.lower() == back.lower() and not _mirrors(table, relationship, other, side):
            yield (
                f"on the other side {meta.label}.{side.name} is declared otherwise. It has to lead to"
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
