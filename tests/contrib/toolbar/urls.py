"""A site with the toolbar: a page for each kind of work."""

from __future__ import annotations

import asyncio

from debug_toolbar.toolbar import debug_toolbar_urls
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import path

from django_appwrite_orm.querysets import atomic
from tests.backend.shop.models import Maker, Product
from tests.support.library.tables import Book

PAGE = """<!DOCTYPE html><html lang="en">
<head><meta name="viewport" content="width=device-width"><title>A page</title></head>
<body><main><h1>A page</h1></main></body></html>"""


def tables(request: HttpRequest) -> HttpResponse:
    for _ in range(2):
        list(Book.objects.filter(price__gt=1))
    list(Book.objects.filter(price__gt=2))
    Book.objects.create(title="Emma", price=3)
    Book.objects.get(title="Emma")
    return HttpResponse(PAGE)


def one_title(request: HttpRequest, title: str) -> HttpResponse:
    list(Book.objects.filter(title=title))
    return HttpResponse(PAGE)


# Where the requests of a test wait for each other.
gates: list[asyncio.Barrier] = []


async def many_titles(request: HttpRequest, title: str) -> HttpResponse:
    [book async for book in Book.objects.filter(title=title)]
    await gates[0].wait()
    await asyncio.gather(*(Book.objects.filter(title=f"{title}{number}").acount() for number in range(2)))
    return HttpResponse(PAGE)


def models(request: HttpRequest) -> HttpResponse:
    list(Product.objects.select_related("maker"))
    list(Maker.objects.annotate(products=Count("product")))
    Maker.objects.create(name="Bob")
    return HttpResponse(PAGE)


def staged(request: HttpRequest) -> HttpResponse:
    with atomic():
        Book.objects.create(title="One", price=1)
        Book.objects.create(title="Two", price=2)
    return HttpResponse(PAGE)


def in_the_block_of_a_middleware(get_response):
    def middleware(request: HttpRequest) -> HttpResponse:
        with atomic():
            return get_response(request)

    return middleware


urlpatterns = [
    path("tables", tables),
    path("title/<title>", one_title),
    path("titles/<title>", many_titles),
    path("models", models),
    path("staged", staged),
    *debug_toolbar_urls(),
]
