"""Place and cancel orders. An order and the stock of its products change together, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction
from django.db.models import F

from django_appwrite_orm.exceptions import Conflict, NotFound
from shop.models import Order, OrderLine, Product

P = ParamSpec("P")
R = TypeVar("R")
# Attempts of a block whose products somebody else is buying at the same moment.
ATTEMPTS = 5


class SoldOut(Exception):
    """There are not enough pieces of a product; nothing was written."""

    def __init__(self, product: Product, quantity: int) -> None:
        super().__init__(product, quantity)
        self.product, self.quantity = product, quantity


class AlreadyCancelled(Exception):
    """The order was cancelled before; nothing was written."""


def repeated_after_conflicts(block: Callable[P, R]) -> Callable[P, R]:
    """Run a block again if Appwrite refuses its commit because somebody else changed or deleted one of its rows."""

    @wraps(block)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(ATTEMPTS):
            try:
                return block(*args, **kwargs)
            except OperationalError as error:
                if not isinstance(error.__cause__, Conflict | NotFound) or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError

    return repeated


@repeated_after_conflicts
def place(customer: str, quantities: Mapping[Product, int]) -> Order:
    """Take the pieces from the stock and write the order. Raises `SoldOut`."""
    with transaction.atomic():
        for product, quantity in quantities.items():
            enough = Product.objects.filter(pk=product.pk, stock__gte=quantity)
            if not enough.update(stock=F("stock") - quantity):
                raise SoldOut(product, quantity)
        total = sum(product.price * quantity for product, quantity in quantities.items())
        order = Order.objects.create(customer=customer, total=total)
        OrderLine.objects.bulk_create(
            OrderLine(order=order, product=product, quantity=quantity, price=product.price)
            for product, quantity in quantities.items()
        )
    return order


@repeated_after_conflicts
def cancel(order: Order) -> None:
    """Mark the order and put its pieces back into the stock. Raises `AlreadyCancelled`."""
    with transaction.atomic():
        placed = Order.objects.filter(pk=order.pk, state=Order.State.PLACED)
        # Counted up and not set, so that of two who cancel at the same moment only one succeeds.
        if not placed.update(state=F("state") + 1):
            raise AlreadyCancelled
        for line in order.lines.all():
            Product.objects.filter(pk=line.product_id).update(stock=F("stock") + line.quantity)
