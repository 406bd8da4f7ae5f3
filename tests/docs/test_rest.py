"""The code on the page about REST runs, block after block, as one program."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import isolate_apps
from django.utils.module_loading import import_string
from rest_framework.test import APIRequestFactory

from django_appwrite_orm.contrib.rest import KeysetPagination, exception_handler
from tests.support.pages import code_blocks

BLOCKS = code_blocks("reference/rest.md", "python")


@isolate_apps("tests.backend.shop")
def test_the_code_on_the_page_runs(django_db_blocker: Any, settings: Any) -> None:
    names: dict[str, Any] = {"__name__": "tests.backend.shop.page"}
    with django_db_blocker.unblock():
        for block in BLOCKS:
            block.run(names)
        options = names["REST_FRAMEWORK"]
        assert import_string(options["EXCEPTION_HANDLER"]) is exception_handler
        assert import_string(options["DEFAULT_PAGINATION_CLASS"]) is KeysetPagination
        settings.REST_FRAMEWORK = {**options, "UNAUTHENTICATED_USER": None}
        with connection.schema_editor() as editor:
            editor.create_model(names["Recipe"])
        _use(names["RecipeViewSet"])
        connection.close()


def _use(view_set: Any) -> None:
    view_set.authentication_classes = ()
    view = view_set.as_view({"get": "list", "post": "create"})
    requests = APIRequestFactory()
    for name, minutes in [("Soup", 20), ("Bread", None), ("Salad", 10)]:
        data = {"name": name, "minutes": minutes, "tags": ["vegan"]}
        assert view(requests.post("/", data, format="json")).status_code == 201
    first = view(requests.get("/"))
    second = view(requests.get(first.data["next"]))
    assert [[row["name"] for row in page.data["results"]] for page in (first, second)] == [["Soup", "Salad"], ["Bread"]]
    assert first.data["results"][0]["tags"] == ["vegan"]
    assert view(requests.get("/", headers={"If-None-Match": first["ETag"]})).status_code == 304
    assert view(requests.post("/", {"name": "soup"}, format="json")).data.keys() == {"name"}
