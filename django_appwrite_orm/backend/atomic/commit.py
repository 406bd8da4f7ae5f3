"""The operations that a block's changes come to: as few as there can be.

The changes of one table keep their order, and so do those of all tables that relationships of Appwrite lead to or from:
a link needs its row, and a deletion cascades. Other tables do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...conf import VALID_ID
from ...credentials import Credentials
from ...exceptions import NotSupportedError
from ...plans import (
    BULK_LIMIT,
    Clause,
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    IncrementRow,
    TableRef,
    UpdateRow,
    UpdateRows,
    WritePlan,
    fits,
)
from ...tables.validation import has_operators, without_operators
from ..columns import ROW_ID
from ..model_table import has_bulk_routes, is_linked
from ..pending_changes import Action, Change

# Rows that one condition names by ids of 19 digits; longer ids take more conditions.
_ROWS_OF_A_CONDITION = 180


def folded(changes: Sequence[Change]) -> list[Change]:
    """Return the changes, table by table, with those of one row made one, where no unique index can tell.

    A change goes into an earlier one of its row; a row that was made and deleted leaves nothing.
    """
    kept: list[Change | None] = []
    places: dict[Any, list[int]] = {}
    for change in changes:
        own = places.setdefault(change.name, [])
        last = kept[own[-1]] if own else None
        first = _creation(kept, own) if change.action is Action.DELETE else None
        if first is not None and not _linked_after(kept, first, change):
            for place in own[own.index(first) :]:
                kept[place] = None
            del own[own.index(first) :]
            continue
        joined = None if last is None else _joined(last, change)
        if last is not None and joined is not None and not _depends_on_links(kept, own[-1], last, change):
            kept[own[-1]] = joined
            continue
        own.append(len(kept))
        kept.append(change)
    tables: dict[TableRef | None, list[Change]] = {}
    for left in kept:
        if left is not None:
            tables.setdefault(None if is_linked(left.table.model) else left.ref, []).append(left)
    return [left for own in tables.values() for left in own]


def _linked_after(kept: Sequence[Change | None], place: int, change: Change) -> list[Change]:
    """Return what is kept after this place of other rows that the row of `change` may be linked to."""
    if not is_linked(change.table.model):
        return []
    others = [other for other in kept[place + 1 :] if other is not None and other.name != change.name]
    return [other for other in others if is_linked(other.table.model)]


def _depends_on_links(kept: Sequence[Change | None], place: int, last: Change, change: Change) -> bool:
    """Whether a change of the same row as `last`, which is at `place`, needs what was done to other rows since."""
    between = _linked_after(kept, place, change)
    meta: Any = change.table
    links = {relationship.key for relationship in meta.relationships.values()} if between else ()
    moved = any(key in change.data and last.data.get(key, change) != change.data[key] for key in links)
    return bool(between) and (moved or any(other.action is Action.DELETE for other in between))


def _creation(kept: Sequence[Change | None], own: Sequence[int]) -> int | None:
    """Return the place of the creation of a row since its last deletion."""
    for place in reversed(own):
        change = kept[place]
        if change is not None and change.action is Action.DELETE:
            return None
        if change is not None and change.action is Action.CREATE:
            return place
    return None


def _joined(last: Change, change: Change) -> Change | None:
    """Return the two changes of one row as one; None where they have to stay apart."""
    if change.action is not Action.UPDATE or last.action not in (Action.CREATE, Action.UPDATE):
        return None
    if _unique_keys(change) & {key for key, value in change.data.items() if last.data.get(key, change) != value}:
        return None
    data = dict(change.data)
    meta: Any = change.table
    if meta.version is not None and last.action is Action.CREATE:
        data.pop(meta.version.key, None)
    operators = data.keys() - without_operators(data).keys()
    if meta.version is not None:  # a version that is counted once is new too
        operators.discard(meta.version.key)
    if operators and (last.action is Action.CREATE or operators & last.data.keys()):
        return None  # Appwrite runs them on the row as the earlier change has left it
    permissions = last.permissions if change.permissions is None else change.permissions
    data = {**last.data, **data}
    return Change(last.action, last.table, last.ref, last.row_id, data, permissions)


def _unique_keys(change: Change) -> set[str]:
    meta: Any = change.table
    names = {name for index in meta.unique_indexes for name in index.columns}
    return {meta.columns[name].key for name in names if name in meta.columns}


def owned(changes: Sequence[Change], user: Credentials) -> list[Change]:
    """Return the changes with the permissions that Appwrite gives a user's new rows outside of transactions.

    In a transaction it gives them none, so that the user could not read them. Raises NotSupportedError where the user's
    id is not known.
    """
    user_id = user.user_id or ""
    if not VALID_ID.fullmatch(user_id) and any(_lacks_permissions(change) for change in changes):
        raise NotSupportedError(
            "Rows that a user creates together with other changes in one atomic() block get the permissions of that"
            " user, whose id is in a JWT alone: use as_user(jwt=...). Or create them outside a block. Nothing was"
            " written."
        )
    own = tuple(f'{verb}("user:{user_id}")' for verb in ("read", "update", "delete"))
    return [replace(change, permissions=own) if _lacks_permissions(change) else change for change in changes]


def _lacks_permissions(change: Change) -> bool:
    return change.action is Action.CREATE and change.permissions is None


def requests_of(changes: Sequence[Change], *, bulk: bool = True, apart: Collection[Any] = ()) -> list[list[WritePlan]]:
    """Return the plans of each request that stages them; `bulk`: whether several rows may be changed by one.

    `apart`: names of changes that are not part of a bulk operation. Of two transactions that change a row at the same
    moment, Appwrite refuses one if both name the row, and none if a bulk operation does (recorded on 1.9.6).

    Appwrite does not find rows of a bulk operation in the request that has it, so that later operations on them go into
    the next one.
    """
    later = _named_later(changes) | {place for place, change in enumerate(changes) if change.name in apart}
    requests: list[list[WritePlan]] = [[]]
    in_bulk: set[Any] = set()
    for group in _groups(changes, later) if bulk else ([change] for change in changes):
        if any(change.name in in_bulk for change in group):
            requests.append([])
            in_bulk.clear()
        plans = list(_plans(group))
        requests[-1] += plans
        if any(isinstance(plan, CreateRows | UpdateRows | DeleteRows) for plan in plans):
            in_bulk |= {change.name for change in group}
    return [plans for plans in requests if plans]


def _named_later(changes: Sequence[Change]) -> set[int]:
    """Return the places of changes whose rows are changed again: they are not part of a bulk operation."""
    seen: set[Any] = set()
    places: set[int] = set()
    for place in range(len(changes) - 1, -1, -1):
        if changes[place].name in seen:
            places.add(place)
        seen.add(changes[place].name)
    return places


def _groups(changes: Sequence[Change], later: set[int]) -> Iterator[list[Change]]:
    """Yield runs of changes that can be one operation, the others one by one."""
    group: list[Change] = []
    seen: set[Any] = set()
    for place, change in enumerate(changes):
        bulk = place not in later and change.action is not Action.INCREMENT and has_bulk_routes(change.table.model)
        if has_operators(change.data) and change.name in seen:
            bulk = False  # Appwrite runs operators of a bulk update twice on rows that the transaction has changed
        seen.add(change.name)
        if group and not (bulk and _alike(group[-1], change)):
            yield group
            group = []
        group.append(change)
        if not bulk:
            yield group
            group = []
    if group:
        yield group


def _alike(last: Change, change: Change) -> bool:
    """Whether one operation can make both changes."""
    if (last.action, last.ref) != (change.action, change.ref):
        return False
    same_data = last.action is not Action.UPDATE or (last.data, last.permissions) == (change.data, change.permissions)
    return same_data and (last.action is Action.CREATE or last.permissions is None)


def _plans(group: Sequence[Change]) -> Iterator[WritePlan]:
    first = group[0]
    if first.action is Action.CREATE:
        for start in range(0, len(group), BULK_LIMIT):
            yield _creating(group[start : start + BULK_LIMIT])
    elif first.action is Action.INCREMENT:
        for key, by in first.data.items():
            yield IncrementRow(first.ref, first.row_id, {key: ""}, by, first.limit)
    elif len(group) == 1:
        if first.action is Action.DELETE:
            yield DeleteRow(first.ref, first.row_id)
        else:
            yield UpdateRow(first.ref, first.row_id, first.data, first.permissions)
    else:
        for clause in _conditions(change.row_id for change in group):
            if first.action is Action.DELETE:
                yield DeleteRows(first.ref, (clause,))
            else:
                yield UpdateRows(first.ref, first.data, (clause,))


def _creating(group: Sequence[Change]) -> CreateRow | CreateRows:
    if len(group) == 1:
        (change,) = group
        return CreateRow(change.ref, change.row_id, change.data, change.permissions)
    rows = [
        {
            ROW_ID: change.row_id,
            **change.data,
            **({"$permissions": list(change.permissions)} if change.permissions else {}),
        }
        for change in group
    ]
    return CreateRows(group[0].ref, tuple(rows))


def _conditions(ids: Iterable[str]) -> Iterator[Clause]:
    """Yield the conditions that name rows, each as large as Appwrite takes."""
    part: list[str] = []
    for row_id in ids:
        if len(part) == _ROWS_OF_A_CONDITION or not fits(Clause("equal", ROW_ID, (*part, row_id))):
            yield Clause("equal", ROW_ID, tuple(part))
            part = []
        part.append(row_id)
    yield Clause("equal", ROW_ID, tuple(part))
