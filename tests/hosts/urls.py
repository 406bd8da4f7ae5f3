"""The one page of the site: the ids of the rows of a part of a table, and how they were read."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path

from django_appwrite_orm.cache import recording
from django_appwrite_orm.exceptions import AppwriteError
from tests.hosts.tables import TABLES


def rows(request: HttpRequest, table: str, part: int) -> JsonResponse:
    try:
        with recording() as record:
            found = [row.id for row in TABLES[table].objects.filter(part=part)]
    except AppwriteError as error:
        return JsonResponse({"error": type(error).__name__}, status=503)
    return JsonResponse({"rows": found, "status": record.worst.name})


urlpatterns = [path("<table>/<int:part>/", rows)]
