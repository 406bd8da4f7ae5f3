"""Joins answered in memory while other threads write: none misses a change that was acknowledged before it began."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.models import F, Max, OuterRef, Subquery

from django_appwrite_orm.backend.in_memory.plan import InMemoryRead
from django_appwrite_orm.signals import cache_read
from tests.backend.shop.models import Maker, Product

MAKERS, WRITERS, READERS = 3, 3, 4


def by_join() -> dict[int, int]:
    return dict(Product.objects.filter(maker__country="at").values_list("maker__name", "stock"))


def by_group() -> dict[int, int]:
    return dict(Maker.objects.annotate(most=Max("product__stock")).values_list("name", "most"))


def by_subquery() -> dict[int, int]:
    stock = Product.objects.filter(maker=OuterRef("pk")).values("stock")[:1]
    return dict(Maker.objects.annotate(most=Subquery(stock)).values_list("name", "most"))


class Run:
    """Writers raise the stock of a product of their own, and note each value that was acknowledged.

    One writes at a time: two at once leave the table in doubt, and reads go past the cache for a while. All of them
    rest after every eighth value until a read was a hit.
    """

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.acknowledged = {f"maker {number}": 0 for number in range(MAKERS)}
        self.stale: list[Any] = []
        self.reads = 0
        self.statuses = Counter[str]()
        self.turn = threading.Lock()
        self.rest = threading.Barrier(WRITERS, timeout=60)
        self.writing = WRITERS
        self.progress = threading.Condition()

    def write(self, number: int) -> None:
        try:
            for value in range(1, self.rounds + 1):
                with self.turn:
                    Product.objects.filter(pk=number + 1).update(stock=value)
                with self.progress:
                    self.acknowledged[f"maker {number}"] = value
                    enough = self.reads + value % 4 * 8  # let readers come in between
                    self.progress.wait_for(lambda: self.reads >= enough, timeout=20)  # noqa: B023 -- called here
                if value % 8 == 0:
                    self.wait_for_a_hit()
        finally:
            with self.progress:
                self.writing -= 1
            connection.close()

    def wait_for_a_hit(self) -> None:
        self.rest.wait()
        hits = self.statuses["HIT"]
        with self.progress:
            self.progress.wait_for(lambda: self.statuses["HIT"] > hits, timeout=20)
        self.rest.wait()

    def note(self, plan: Any, status: str, **arguments: Any) -> None:
        if isinstance(plan, InMemoryRead):
            self.statuses[status] += 1

    def read(self, seed: int) -> None:
        choose = random.Random(seed).choice
        try:
            while self.writing:
                with self.progress:
                    least = dict(self.acknowledged)
                query = choose([by_join, by_group, by_subquery])
                found = query()
                with self.progress:
                    self.reads += 1
                    self.progress.notify_all()
                missing = {name: value for name, value in least.items() if found.get(name, -1) < value}
                if missing:
                    self.stale.append((query.__name__, missing, found))
        finally:
            caches.close_all()
            connection.close()


def run(rounds: int) -> Run:
    for number in range(MAKERS):
        maker = Maker.objects.create(pk=number + 1, name=f"maker {number}", country="at")
        Product.objects.create(pk=number + 1, name=f"product {number}", maker=maker)
    made = Run(rounds)
    cache_read.connect(made.note)
    try:
        threads = [threading.Thread(target=made.write, args=(number,)) for number in range(WRITERS)]
        threads += [threading.Thread(target=made.read, args=(seed,)) for seed in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        cache_read.disconnect(made.note)
    return made


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("rounds", [8, pytest.param(150, marks=pytest.mark.slow)])
def test_no_join_is_older_than_an_acknowledged_change(rounds: int) -> None:
    made = run(rounds)
    assert made.stale == []
    assert made.statuses["MISS"] > 0
    assert made.statuses["HIT"] >= rounds // 8
    assert by_group() == by_join() == by_subquery() == {f"maker {number}": rounds for number in range(MAKERS)}


@pytest.mark.usefixtures("shop")
def test_the_run_finds_results_that_are_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """With writers that do not drop what is cached, which the cache protocol never allows."""
    monkeypatch.setattr("django_appwrite_orm.connection.connection.write", lambda store, keys, send, *rest: send())
    made = run(8)
    assert made.stale


@pytest.mark.usefixtures("shop")
def test_a_row_that_is_changed_by_an_expression_is_seen_by_the_next_join() -> None:
    Maker.objects.create(pk=1, name="a", country="at")
    Product.objects.create(pk=1, name="p", maker_id=1)
    for value in range(1, 4):
        Product.objects.filter(pk=1).update(stock=F("stock") + 1)
        assert by_join() == {"a": value}
