"""Processes of two versions serve one Appwrite and one Redis at each step of the guide, and none fails."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.deployments import Deployment, deployed, request
from tests.support.pages import code_blocks, commands
from tests.support.ports import free_port

PAGE = "how-to/migrate-without-downtime.md"
EXPANDED, SWITCHED = [block.text for block in code_blocks(PAGE, "python")]
VIEW = """
import json
from django.http import JsonResponse
from shop.models import Product

def products(request):
    if request.method == "POST":
        Product.objects.create(**json.loads(request.body))
    return JsonResponse({{"products": sorted(str(row.{field}) for row in Product.objects.all())}})

def process_id(get_response):
    return get_response
"""


class Version:
    """The processes of one version of the code: its folder, and a server of it."""

    def __init__(self, first: Deployment, folder: Path, models: str | None, field: str) -> None:
        self.field, self.port = field, free_port()
        if models is not None:
            shutil.copytree(first.folder, folder, ignore=shutil.ignore_patterns("*.sqlite3*", "__pycache__", "v*"))
            (folder / "shop" / "models.py").write_text(models)
        self.site = Deployment(folder, dict(first.environment))
        (folder / "shop" / "views.py").write_text(VIEW.format(field=field))
        urls = folder / "config" / "urls.py"
        urls.write_text(urls.read_text() + "\nurlpatterns += [path('alive/', views.products)]\n")

    def serve(self, stack: ExitStack) -> ExitStack:
        """Start the server; it ends with what is returned, or with `stack`."""
        own = stack.enter_context(ExitStack())
        line = f"gunicorn --bind 127.0.0.1:{self.port} --workers 1 config.wsgi"
        own.enter_context(self.site.serving(line, self.port))
        return own

    def create(self, value: str) -> None:
        body = json.dumps({self.field: value, "price": 1})
        assert request(self.port, "/products/", body).status == 200

    def seen(self) -> list[str]:
        response = request(self.port, "/products/")
        assert response.status == 200
        return json.loads(response.body)["products"]


@pytest.mark.slow
def test_each_step_with_the_versions_that_run_in_it(tmp_path: Path) -> None:
    make_1, migrate, copy, make_2, contract, *_ = commands(PAGE)
    assert migrate == contract == "python manage.py migrate"
    migrate += " shop"
    with deployed(tmp_path) as first, ExitStack() as stack:
        old = Version(first, tmp_path, None, "name")
        expanded = Version(first, tmp_path / "v1", EXPANDED, "name")
        old_server = old.serve(stack)
        old.create("Lamp")

        expanded.site.run(make_1)
        expanded.site.run(migrate)
        old.create("Sofa")  # on the new schema
        assert old.seen() == ["Lamp", "Sofa"]
        expanded_server = expanded.serve(stack)
        expanded.create("Chair")
        assert old.seen() == expanded.seen() == ["Chair", "Lamp", "Sofa"]

        old_server.close()
        switched = Version(expanded.site, tmp_path / "v2", SWITCHED, "title")
        expanded.site.run(copy)
        switched_server = switched.serve(stack)
        switched.site.run(make_2)
        assert switched.seen() == ["Chair", "Lamp", "Sofa"]
        switched.create("Desk")
        expanded.create("Bed")
        assert switched.seen() == ["Bed", "Chair", "Desk", "Lamp", "Sofa"]
        assert expanded.seen() == ["Bed", "Chair", "Lamp", "None", "Sofa"]

        expanded_server.close()
        switched.site.run(migrate)
        switched.create("Rug")
        assert switched.seen() == ["Bed", "Chair", "Desk", "Lamp", "Rug", "Sofa"]
        switched_server.close()
        assert not any("Traceback" in version.site.output for version in (old, expanded, switched))
