"""Orders: the list, one, place and cancel."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from shop.forms import OrderForm, OrderLines
from shop.models import PAGE_SIZE, Order
from shop.orders import AlreadyCancelled, SoldOut, cancel, place


def orders(request: HttpRequest) -> HttpResponse:
    page = Paginator(Order.objects.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "shop/orders.html", {"page": page})


def order(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Order, pk=pk)
    return render(request, "shop/order.html", {"order": row, "lines": row.lines.select_related("product")})


def add_order(request: HttpRequest) -> HttpResponse:
    """`?product=` chooses the product of the first line."""
    data = request.POST if request.method == "POST" else None
    form = OrderForm(data)
    lines = OrderLines(data, initial=[{"product": request.GET.get("product", ""), "quantity": 1}])
    if data is not None and form.is_valid() and lines.is_valid():
        try:
            placed = place(form.cleaned_data["customer"], lines.quantities())
        except SoldOut as error:
            form.add_error(None, f"Not enough of {error.product} for {error.quantity}. Nothing was ordered.")
        else:
            messages.success(request, "The order was placed.")
            return redirect(placed)
    is_wrong = data is not None
    return render(request, "shop/order_form.html", {"form": form, "lines": lines}, status=400 if is_wrong else 200)


@require_POST
def cancel_order(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=pk)
    try:
        cancel(order)
    except AlreadyCancelled:
        messages.error(request, "This order was cancelled before.")
    else:
        messages.success(request, "The order was cancelled, and its products are in stock again.")
    return redirect(order)
