"""The worker for models: it reads them in every way there is, and writes in blocks and without.

Each worker has a maker of its own in each part. Items take turns: the first of three is counted up, the second gets
tags, the third is deleted. So every number only grows, and what is deleted does not come back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import Error, transaction
from django.db.models import Count, F, Q, Sum

from django_appwrite_orm.cache import cache_policy, recording
from tests.cache.torture.warehouse.databases import DATABASES, ONCE
from tests.cache.torture.warehouse.models import Item, Maker, Tag
from tests.cache.torture.worker import Worker

# Objects of a part are written for so many seconds.
PART = 12
READERS = 3
# A worker's items in a part are numbered from 0 on; those up to here are asked for one by one.
ITEMS = 9
TAGS = 4

# The facts that a read showed, and the scopes for which it showed them all.
Shown = tuple[list[str], list[str]]


class Stop(Exception):
    """Ends a block that is not to be committed."""


@dataclass
class Own:
    """What this worker has written in one part of one database, as far as that was acknowledged."""

    maker: str
    is_there: bool = False
    number: int = 0
    items: int = 0
    kept: int = 0
    total: int = 0
    tags: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    tagged: dict[str, list[str]] = field(default_factory=dict)
    deletable: list[str] = field(default_factory=list)


class ModelWorker(Worker):
    def __init__(self, name: str, names: list[str], log: str, seed: int) -> None:
        super().__init__(name, names, log, seed)
        self._own: dict[str, Own] = {}
        self._reads: list[Callable[[str, int], Shown]] = [
            _items,
            _items_with_maker,
            _items_by_join,
            _items_by_subquery,
            _makers_with_sums,
            _items_with_tags,
            _links_by_join,
            _in_a_block,
            self._one_item,
            self._one_maker,
            self._one_tag,
            self._count,
            self._total,
        ]

    def run(self) -> None:
        for _ in range(READERS):
            threading.Thread(target=self._read_on, daemon=True).start()
        while True:
            time.sleep(self._chance.uniform(0.2, 1.2))
            self._write()

    # Reading

    def _read_on(self) -> None:
        while True:
            time.sleep(self._chance.uniform(0.005, 0.03))
            database = self._chance.choice(DATABASES)
            part = int(time.monotonic() // PART) - (self._chance.random() < 0.3)
            read, start = self._chance.choice(self._reads), time.monotonic()
            # Past the cache now and then: what such a read shows, no later one may miss.
            policy = cache_policy(ttl=0) if self._chance.random() < 0.1 else nullcontext()
            try:
                with recording() as record, policy:
                    facts, scopes = read(database, part)
            except Error:
                self._note("failed", start, f"{database}/{part}", [])
            else:
                self._note("read", start, f"{database}/{part}", facts, " ".join(scopes), record.worst.name)

    def _maker(self, part: int) -> str:
        """The maker of any worker."""
        return _maker_of(self._chance.choice(self._names), part)

    def _one_item(self, database: str, part: int) -> Shown:
        name = f"{self._chance.choice(self._names)}-{part}-{self._chance.randrange(ITEMS)}"
        there = Item.objects.using(database).filter(part=part, name=name).exists()
        return ([f"item/{name}"] if there else []), [f"item/{name}"]

    def _one_maker(self, database: str, part: int) -> Shown:
        pk = self._maker(part)
        try:
            return _maker_facts(pk, Maker.objects.using(database).get(pk=pk).number), _maker_scopes([pk])
        except Maker.DoesNotExist:
            return [], _maker_scopes([pk])

    def _one_tag(self, database: str, part: int) -> Shown:
        slug = f"{self._maker(part)}-{self._chance.randrange(1, TAGS)}"
        tags = Tag.objects.using(database)
        return ([f"tag/{slug}"] if tags.filter(pk=slug).first() else []), [f"tag/{slug}"]

    def _count(self, database: str, part: int) -> Shown:
        pk = self._maker(part)
        count = Item.objects.using(database).filter(maker_id=pk, is_kept=True).count()
        return _reached(f"count/{pk}", count), [f"count/{pk}="]

    def _total(self, database: str, part: int) -> Shown:
        pk = self._maker(part)
        total = Item.objects.using(database).filter(maker_id=pk).aggregate(total=Sum("number"))["total"] or 0
        return _reached(f"total/{pk}", total), [f"total/{pk}="]

    # Writing

    def _write(self) -> None:
        database, part = self._chance.choice(DATABASES), int(time.monotonic() // PART)
        own = self._own.setdefault(f"{database}/{part}", Own(_maker_of(self._name, part)))
        # One connection repeats a request that got no response, the other leaves it at that.
        alias = database + self._chance.choice(["", ONCE])
        writes = [self._create, self._create_several, self._work_in_a_block, self._work_in_a_block]
        if own.counted:
            writes += [self._count_up, self._count_up, self._give_up]
        if own.tagged:
            writes += [self._tag, self._untag]
        if own.deletable:
            writes.append(self._delete)
        write = self._chance.choice(writes) if own.is_there else self._work_in_a_block
        write(alias, part, own)

    def _attempt(self, part: int, alias: str, facts: Iterable[str], change: Callable[[], Any], kind: str = "") -> bool:
        """Make a change and note what came of it; return whether it was acknowledged.

        `kind`: "deleted" where the facts go away.
        """
        start, group, facts = time.monotonic(), f"{alias.removesuffix(ONCE)}/{part}", list(facts)
        if kind == "deleted":  # beforehand: this process may be killed before it knows the outcome
            self._note("deleting", start, group, facts)
        try:
            change()
        except Error as error:
            unclear = getattr(error, "unclear", getattr(error.__cause__, "unclear", True))
            unclear = unclear and "Nothing of this atomic() block was written" not in str(error)
            if kind != "deleted":
                self._note("unclear" if unclear else "refused", start, group, facts)
            elif not unclear:
                self._note("kept", start, group, facts)
            return False
        self._note(kind or "wrote", start, group, facts)
        return True

    def _new_items(self, part: int, own: Own, count: int) -> list[Item]:
        names = [f"{self._name}-{part}-{own.items + n}" for n in range(count)]
        is_kept = [(own.items + n) % 3 < 2 for n in range(count)]
        own.items += count
        return [
            Item(name=name, part=part, is_kept=kept, maker_id=own.maker)
            for name, kept in zip(names, is_kept, strict=True)
        ]

    def _created(self, items: Sequence[Item], own: Own) -> list[str]:
        """The facts of new items."""
        kept = sum(item.is_kept for item in items)
        counts = [f"count/{own.maker}={own.kept + n}" for n in range(1, kept + 1)]
        return [*(f"item/{item.name}" for item in items), *counts]

    def _note_created(self, items: Sequence[Item], own: Own) -> None:
        for item in items:
            own.kept += item.is_kept
            role = int(item.name.rpartition("-")[2]) % 3
            if role == 0:
                own.counted[item.name] = 0
            elif role == 1:
                own.tagged[item.name] = []
            else:
                own.deletable.append(item.name)

    def _create(self, alias: str, part: int, own: Own) -> None:
        (item,) = self._new_items(part, own, 1)
        if self._attempt(part, alias, self._created([item], own), lambda: item.save(using=alias)):
            self._note_created([item], own)

    def _create_several(self, alias: str, part: int, own: Own) -> None:
        items = self._new_items(part, own, 3)
        facts = self._created(items, own)
        if self._attempt(part, alias, facts, lambda: Item.objects.using(alias).bulk_create(items)):
            self._note_created(items, own)

    def _counted_up(self, own: Own) -> tuple[str, list[str]]:
        """An item to count up, and the facts of that."""
        name = self._chance.choice(list(own.counted))
        return name, [f"item/{name}={own.counted[name] + 1}", f"total/{own.maker}={own.total + 1}"]

    def _note_counted(self, name: str, own: Own) -> None:
        own.counted[name] += 1
        own.total += 1

    def _count_up(self, alias: str, part: int, own: Own) -> None:
        name, facts = self._counted_up(own)
        items = Item.objects.using(alias).filter(name=name, part=part)
        if self._attempt(part, alias, facts, lambda: items.update(number=F("number") + 1)):
            self._note_counted(name, own)

    def _tag(self, alias: str, part: int, own: Own) -> None:
        """A new tag and the link to it, in one block."""
        name = self._chance.choice(list(own.tagged))
        own.tags += 1
        tag = Tag(slug=f"{own.maker}-{own.tags}")

        def change() -> None:
            item = Item.objects.using(alias).get(name=name, part=part)
            with transaction.atomic(alias):
                tag.save(using=alias)
                item.tags.add(tag)

        if self._attempt(part, alias, [f"tag/{tag.slug}", f"link/{name}/{tag.slug}"], change):
            own.tagged[name].append(tag.slug)

    def _untag(self, alias: str, part: int, own: Own) -> None:
        name = self._chance.choice(list(own.tagged))
        if not own.tagged[name]:
            return self._tag(alias, part, own)
        slug = own.tagged[name].pop()
        facts = [f"link/{name}/{slug}"]
        item = Item.objects.using(alias).filter(name=name, part=part)
        self._attempt(part, alias, facts, lambda: item.get().tags.remove(slug), "deleted")
        return None

    def _delete(self, alias: str, part: int, own: Own) -> None:
        name = own.deletable.pop()
        item = Item.objects.using(alias).filter(name=name, part=part)
        self._attempt(part, alias, [f"item/{name}"], item.delete, "deleted")

    def _give_up(self, alias: str, part: int, own: Own) -> None:
        """A block that ends with an error: nothing of it may be seen."""
        ghost = f"{own.maker}-ghost-{time.monotonic_ns()}"
        start = time.monotonic()
        try:
            with transaction.atomic(alias):
                Item.objects.using(alias).create(name=ghost, part=part, is_kept=False, maker_id=own.maker)
                raise Stop
        except Stop:
            self._note("refused", start, f"{alias.removesuffix(ONCE)}/{part}", [f"item/{ghost}"])
        except Error:  # a read of the block met a fault
            return

    def _work_in_a_block(self, alias: str, part: int, own: Own) -> None:
        """Changes of several tables and savepoints, of which some are rolled back, in one block."""
        items = self._new_items(part, own, self._chance.choice([1, 3]))
        facts = self._created(items, own)
        name, of_counting = self._counted_up(own) if own.counted else ("", [])
        facts += of_counting
        facts.append(f"maker/{own.maker}={own.number + 1}")
        ghost = Item(name=f"{own.maker}-ghost-{time.monotonic_ns()}", part=part, is_kept=False, maker_id=own.maker)

        def change() -> None:
            with transaction.atomic(alias):
                makers = Maker.objects.using(alias).filter(pk=own.maker)
                if not makers.update(number=F("number") + 1):
                    Maker.objects.using(alias).create(pk=own.maker, part=part, number=1)
                try:
                    with transaction.atomic(alias):
                        ghost.save(using=alias)
                        raise Stop
                except Stop:
                    pass
                with transaction.atomic(alias):
                    Item.objects.using(alias).bulk_create(items)
                if name:
                    item = Item.objects.using(alias).get(name=name, part=part)
                    item.number = F("number") + 1
                    item.save(update_fields=["number"])
                there = set(Item.objects.using(alias).filter(part=part).values_list("name", flat=True))
                if not {item.name for item in items} <= there or ghost.name in there:
                    raise AssertionError(f"The block does not see its own changes: {facts}, {there}")

        is_written = self._attempt(part, alias, facts, change)
        self._note("refused", time.monotonic(), f"{alias.removesuffix(ONCE)}/{part}", [f"item/{ghost.name}"])
        if is_written:
            own.is_there = True
            own.number += 1
            self._note_created(items, own)
            if name:
                self._note_counted(name, own)


def _maker_of(worker: str, part: int) -> str:
    return f"{worker}-{part}"


# What is read, and the facts that it shows


def _reached(name: str, number: int) -> list[str]:
    return [f"{name}={n}" for n in range(1, number + 1)]


def _item_facts(rows: Iterable[tuple[str, int]]) -> list[str]:
    return [fact for name, number in rows for fact in (f"item/{name}", *_reached(f"item/{name}", number))]


def _maker_facts(pk: str, number: int) -> list[str]:
    return [f"maker/{pk}", *_reached(f"maker/{pk}", number)]


def _maker_scopes(makers: Iterable[str]) -> list[str]:
    return [scope for pk in makers for scope in (f"maker/{pk}", f"maker/{pk}=")]


def _items(database: str, part: int) -> Shown:
    return _item_facts(Item.objects.using(database).filter(part=part).values_list("name", "number")), ["item/"]


def _joined(rows: Sequence[tuple[str, int, str, int]]) -> Shown:
    """The facts of items with their makers."""
    makers = {pk: number for _, _, pk, number in rows}
    facts = _item_facts((name, number) for name, number, _, _ in rows)
    facts += [fact for pk, number in makers.items() for fact in _maker_facts(pk, number)]
    return facts, ["item/", *_maker_scopes(makers)]


def _items_with_maker(database: str, part: int) -> Shown:
    items = Item.objects.using(database).filter(part=part).select_related("maker")
    return _joined([(item.name, item.number, item.maker.pk, item.maker.number) for item in items])


def _items_by_join(database: str, part: int) -> Shown:
    items = Item.objects.using(database).filter(part=part, maker__part=part)
    return _joined(list(items.values_list("name", "number", "maker__pk", "maker__number")))


def _items_by_subquery(database: str, part: int) -> Shown:
    makers = Maker.objects.using(database).filter(part=part)
    items = Item.objects.using(database).filter(part=part, maker__in=makers)
    return _item_facts(items.values_list("name", "number")), ["item/"]


def _makers_with_sums(database: str, part: int) -> Shown:
    kept = Count("item", filter=Q(item__is_kept=True))
    makers = Maker.objects.using(database).filter(part=part).annotate(total=Sum("item__number"), kept=kept)
    facts: list[str] = []
    for maker in makers:
        facts += _maker_facts(maker.pk, maker.number)
        facts += _reached(f"total/{maker.pk}", maker.total or 0) + _reached(f"count/{maker.pk}", maker.kept)
    return facts, ["maker/", "total/", "count/"]


def _items_with_tags(database: str, part: int) -> Shown:
    items = list(Item.objects.using(database).filter(part=part).prefetch_related("tags"))
    links = [f"link/{item.name}/{tag.slug}" for item in items for tag in item.tags.all()]
    return _item_facts((item.name, item.number) for item in items) + links, ["item/", "link/"]


def _links_by_join(database: str, part: int) -> Shown:
    items = Item.objects.using(database).filter(part=part, tags__isnull=False)
    return [f"link/{name}/{slug}" for name, slug in items.values_list("name", "tags__slug")], ["link/"]


def _in_a_block(database: str, part: int) -> Shown:
    with transaction.atomic(database):
        facts, _ = _items_by_join(database, part)
        makers = Maker.objects.using(database).filter(part=part)
        facts += [fact for maker in makers for fact in _maker_facts(maker.pk, maker.number)]
    return list(dict.fromkeys(facts)), ["item/", "maker/"]
