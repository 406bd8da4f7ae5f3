"""Checks of a table's Meta: id, connection, permissions, cache policy, and clashes with other tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.checks import CheckMessage, Error, Warning

from ..cache import CachePolicy
from ..conf import DEFAULT_ALIAS, ID_RULE, VALID_ID, configured, shown
from ..plans.limits import NAME_LENGTH
from ..tables import TABLE_VERBS, Row, permission_problems


def clashes(registered: Iterable[type[Row]], tables: Iterable[type[Row]]) -> Iterator[CheckMessage]:
    """Yield the clashes of `tables` with tables registered before: on the server, or by a name."""
    checked, earlier = set(tables), list[type[Row]]()
    for table in registered:
        if table in checked:
            yield from _clashes(table, earlier)
        earlier.append(table)


def _clashes(table: type[Row], earlier: Iterable[type[Row]]) -> Iterator[CheckMessage]:
    meta = table._meta
    for other in earlier:
        theirs = other._meta
        same_connection = (meta.using or DEFAULT_ALIAS) == (theirs.using or DEFAULT_ALIAS)
        if same_connection and meta.id.lower() == theirs.id.lower():
            yield Error(
                f"The table id {meta.id!r} is that of {theirs.label}, too; Appwrite does not look at case.",
                hint="Give one of them another Meta.id.",
                obj=meta.label,
                id="appwrite_orm.E010",
            )
        elif taken := {meta.name, meta.id, meta.label} & {theirs.name, theirs.id, theirs.label}:
            yield Warning(
                f"orm.table({min(taken)!r}) finds {theirs.label}, which was registered before this table.",
                hint="Give one of them another Meta.name.",
                obj=meta.label,
                id="appwrite_orm.W010",
            )


def table_problems(table: type[Row]) -> Iterator[CheckMessage]:
    """Yield the problems of the table's Meta."""
    meta = table._meta
    if not VALID_ID.fullmatch(meta.id):
        hint = f"Set Meta.id: {ID_RULE}."
        yield Error(f"{meta.id!r} is not a valid table id.", hint=hint, obj=meta.label, id="appwrite_orm.E011")
    if not 1 <= len(meta.name) <= NAME_LENGTH:
        hint = f"Give Meta.name 1 to {NAME_LENGTH} characters."
        yield Error(
            f"A table name of {len(meta.name)} characters is not possible.",
            hint=hint,
            obj=meta.label,
            id="appwrite_orm.E011",
        )
    aliases = configured()  # none at all is E001
    if aliases and (alias := meta.using or DEFAULT_ALIAS) not in aliases:
        yield Error(
            f"The table's connection {shown(alias)} is not in APPWRITE_ORM (there are: {', '.join(sorted(aliases))}).",
            hint="Add it to APPWRITE_ORM, or name another one in Meta.using.",
            obj=meta.label,
            id="appwrite_orm.E012",
        )
    if meta.policy is not None and not isinstance(meta.policy, CachePolicy):
        message = f"Meta.cache is {type(meta.policy).__name__}, not a CachePolicy."
        yield Error(
            message, hint="Write cache = CachePolicy(ttl=60), in seconds.", obj=meta.label, id="appwrite_orm.E013"
        )
    for problem in permission_problems(meta.permissions, TABLE_VERBS):
        hint = "Write Meta.permissions with the SDK's Permission and Role."
        yield Error(problem, hint=hint, obj=meta.label, id="appwrite_orm.E014")
