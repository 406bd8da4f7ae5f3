"""The sections of the tour: what the navigation leads to, and what the cards of the home page say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Section:
    """`view` is the name of its first page, `shows` what a visitor sees there, `uses` what it is made with."""

    title: str
    view: str
    shows: str
    uses: str

    @property
    def url(self) -> str:
        return reverse(self.view)


SECTIONS = [
    Section(
        "Shop",
        "shop:products",
        "Products, makers, tags, reviews and orders: search, edit, delete, order until it is sold out.",
        "Django models, ModelForms, transaction.atomic()",
    ),
    Section(
        "Airports",
        "airports:index",
        "28,000 real airports on maps and in charts, by a search of several conditions, with the nearest ones.",
        "Tables, full-text indexes, cached fragments, warming",
    ),
    Section(
        "Guide",
        "guide:index",
        "The caching guide, section by section, with requests to send and the statistics of the cache.",
        "orm.table(), cache headers, ETag, warming",
    ),
    Section(
        "REST",
        "api-root",
        "The shop as a REST API with browsable pages: pages at any depth, 304 before the view runs, errors by field.",
        "Django REST framework, contrib.rest",
    ),
    Section(
        "At once",
        "together:page",
        "Eight reads that wait for Appwrite at the same time, with the time that each took.",
        "Asynchronous views, asyncio.gather()",
    ),
    Section(
        "Notes",
        "notes:notes",
        "Notes of two identities: each reads its own and the public ones, from entries of its own.",
        "as_user(), permissions of rows",
    ),
    Section(
        "Live",
        "live:page",
        "Changes of products, orders and airports, on the page while they happen.",
        "Realtime, server-sent events",
    ),
    Section(
        "Admin",
        "admin:index",
        "Django's admin over the shop: lists that count cheaply, forms that save over nobody's changes.",
        "contrib.admin, auth and sessions on Appwrite",
    ),
]


def sections(request: HttpRequest) -> dict[str, Any]:
    """The context of every template: the sections, and the one that the page belongs to."""
    path = request.path_info
    current = [section for section in SECTIONS if path.startswith(section.url)]
    return {"sections": SECTIONS, "current_section": max(current, key=lambda section: len(section.url), default=None)}
