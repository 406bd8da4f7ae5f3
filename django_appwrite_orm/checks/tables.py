"""Checks of a table's Meta: id, connection, permissions, cache policy, and clashes with other tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.checks import CheckMessage, Error, Warning

from ..cache import CachePolicy
from ..conf import DEFAULT_ALIAS, ID_RULE, VALID_ID, configured, shown
from ..plans.limits import NAME_LENGTH
from ..tables import TABLE_VERBS, Row, permission_problems


def clashes(registered: Iterable[type[Row]], tables: Iterable[type[Row]]) -> Iterator[CheckMessage]:
    """Yield clashes of `tables` with tables registered earlier: the same id on the server, or the same name."""
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
                f"{theirs.label} also has the table id {meta.id!r}; ids are not case-sensitive.",
                hint="Set a different Meta.id for one of them.",
                obj=meta.label,
                id="appwrite_orm.E010",
            )
        elif taken := {meta.name, meta.id, meta.label} & {theirs.name, theirs.id, theirs.label}:
            yield Warning(
                f"orm.table({min(taken)!r}) returns {theirs.label}, which was registered before this table.",
                hint="Set a different Meta.name for one of them.",
                obj=meta.label,
                id="appwrite_orm.W010",
            )


def table_problems(table: type[Row]) -> Iterator[CheckMessage]:
    """Yield the problems of the table's Meta."""
    meta = table._meta
    if not VALID_ID.fullmatch(meta.id):
        hint = f"Set Meta.id to {ID_RULE}."
        yield Error(f"{meta.id!r} is not a valid table id.", hint=hint, obj=meta.label, id="appwrite_orm.E011")
    if not 1 <= len(meta.name) <= NAME_LENGTH:
        hint = f"Set Meta.name to 1 to {NAME_LENGTH} characters."
        yield Error(
            f"Meta.name has {len(meta.name)} characters.",
            hint=hint,
            obj=meta.label,
            id="appwrite_orm.E011",
        )
    aliases = configured()  # E001 reports a setting without connections
    if aliases and (alias := meta.using or DEFAULT_ALIAS) not in aliases:
        yield Error(
            f"The table's connection {shown(alias)} is not in APPWRITE_ORM (it has: {', '.join(sorted(aliases))}).",
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
