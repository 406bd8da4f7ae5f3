"""What the pages of the guide send: each view is one example of the guide, over the tables of `guide.tables`."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import condition, require_GET, require_http_methods, require_POST

from django_appwrite_orm import cache_policy, orm, signals
from django_appwrite_orm.web import table_etag
from guide.tables import Metric, User

# Users that are kept when everybody adds some.
MOST_USERS = 200


@require_http_methods(["GET", "POST"])
def users(request: HttpRequest) -> JsonResponse:
    """Automatic caching: the list is a hit until somebody is added, by a POST without a body."""
    if request.method == "GET":
        return _rows(User.objects.order_by("name"))
    if User.objects.count(cap=MOST_USERS) >= MOST_USERS:
        return JsonResponse({"error": f"There are {MOST_USERS} users already."}, status=409)
    guest = secrets.token_hex(3)
    return JsonResponse(User.objects.create(name=f"Guest {guest}", email=f"{guest}@example.com").to_dict(), status=201)


@require_GET
@condition(etag_func=table_etag("users"))
def conditional_users(request: HttpRequest) -> JsonResponse:
    """A 304 comes before the view runs, by one look-up in the cache."""
    return _rows(User.objects.order_by("name"))


def _rows(rows: Any) -> JsonResponse:
    return JsonResponse([row.to_dict() for row in rows], safe=False)


@require_GET
def status(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"table": "users", "is_updated": orm.table("users").is_updated()})


@require_POST
def invalidate(request: HttpRequest) -> JsonResponse:
    orm.table("users").set_updated(False)
    return JsonResponse({"message": "Users cache invalidated"})


@require_POST
def refresh(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"message": "Cache refreshed", "count": len(User.objects.order_by("name").refresh())})


@require_POST
def batch(request: HttpRequest) -> JsonResponse:
    """Change everybody, and somebody who does not exist; then read the list into the cache."""
    everybody = list(User.objects.order_by("name"))
    with orm.table("users").batch(preload=lambda users: users.order_by("name")) as changes:
        for user in everybody:
            changes.update(user.id, {"active": not user.active})
        changes.update("nobody", {"active": False})
    results = [{"success": result.success, "error": str(result.error or "")} for result in changes.results]
    return JsonResponse({"processed": len(results), "failed": [r for r in results if not r["success"]]})


@require_http_methods(["GET", "POST"])
def metrics(request: HttpRequest) -> JsonResponse:
    """The last day, from a full hour on: from `now()` on, each call would be another query and none a hit."""
    if request.method == "POST":
        return JsonResponse(Metric.objects.create(metric="visits", value=secrets.randbelow(100)).to_dict(), status=201)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return _rows(Metric.objects.filter(timestamp__gte=hour - datetime.timedelta(days=1)).order_by("-timestamp")[:50])


@require_GET
def stale(request: HttpRequest) -> JsonResponse:
    """After three seconds the entry has expired: it is served once more, as STALE, while it is refreshed."""
    with cache_policy(ttl=3, stale_while_revalidate=60):
        return _rows(User.objects.filter(active=True).order_by("email"))


@require_GET
def robust(request: HttpRequest) -> JsonResponse:
    """If Appwrite does not respond, what was read last is served for a day, as STALE."""
    with cache_policy(stale_if_error=24 * 3600):
        return _rows(User.objects.order_by("-email"))


@require_GET
def timing(request: HttpRequest) -> JsonResponse:
    """The time of one read, as the signal reports it."""
    lines: list[str] = []

    def timed(sender: Any, plan: Any, status: Any, duration: float, **kwargs: Any) -> None:
        lines.append(f"{sender._meta.name} ({status}): {duration * 1000:.2f} ms")

    signals.cache_read.connect(timed, sender=User)
    try:
        len(User.objects.order_by("name"))
    finally:
        signals.cache_read.disconnect(timed, sender=User)
    return JsonResponse({"reads": lines})


@require_GET
def statistics(request: HttpRequest) -> JsonResponse:
    return JsonResponse(orm.stats())


@require_POST
def clear(request: HttpRequest) -> JsonResponse:
    orm.clear_caches()
    return JsonResponse({"message": "The entries of all tables are invalid"})
