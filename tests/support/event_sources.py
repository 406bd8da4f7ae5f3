"""Two servers on loopback, an Appwrite and a site that caches what it reads there, and clients of both."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cheroot.wsgi
from django.core.handlers.wsgi import WSGIHandler

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.events.tables import Open, Own

SECRET = "a-secret-of-ours"
LISTENER = "cache-listener"
HEADERS = {"X-Appwrite-Project": "local", "X-Appwrite-Key": "local", "Content-Type": "application/json"}
TABLE = "/v1/tablesdb/cb-ev/tables/open/rows"


class World:
    """An Appwrite that can be taken away and brought back under its address."""

    def __init__(self, file: Path) -> None:
        self.app = LocalAppwrite(file)
        self._place = socket.socket()  # bound, so that nobody else is given the port while the server is away
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port = self._place.getsockname()[1]
        self.door: LocalServer | None = None
        self.site = ""
        self.bring_back()

    def bring_back(self) -> None:
        self.door = LocalServer(self.app, port=self.port)
        self.door.start()

    def take_away(self) -> None:
        if self.door is not None:
            self.door.close()
        self.door = None

    def close(self) -> None:
        self.take_away()
        self._place.close()
        self.app.close()

    @property
    def connection(self) -> dict[str, Any]:
        """What APPWRITE_ORM says of it."""
        endpoint = f"http://127.0.0.1:{self.port}/v1"
        given = {"ENDPOINT": endpoint, "PROJECT_ID": "local", "API_KEY": "local", "DATABASE_ID": "cb-ev"}
        heard = {"WEBHOOK_URL": f"{self.site}/hook", "WEBHOOK_SECRET": SECRET, "LISTEN_AS": LISTENER}
        return {**given, **heard, "RETRIES": 0}

    def elsewhere(self, method: str, path: str, body: object = None) -> Any:
        """What a client that knows nothing of the site does, over plain HTTP."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body), HEADERS)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status < 300, (answer.status, text)
        return json.loads(text) if text else None

    def unheard(self, id: str, n: int) -> None:
        """A row that is written while nobody serves, by somebody who has the file."""
        body = json.dumps({"data": {"n": n}}).encode()
        headers = {name.lower(): value for name, value in HEADERS.items()}
        assert self.app.handle("PATCH", f"{TABLE}/{id}", headers, body).status == 200

    def page(self) -> str:
        """The site's page as a browser gets it."""
        connection = http.client.HTTPConnection(self.site.removeprefix("http://"), timeout=60)
        connection.request("GET", "/page")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, text
        return text


@contextmanager
def world(settings: Any, file: Path, cache: str) -> Iterator[World]:
    """A world in the site's settings, with one row: `a` with 1. Nobody but the API key and the user that listens may
    read it. `cache` is the URL of the site's Redis."""
    options = {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"}
    settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": cache, "OPTIONS": options}}
    settings.ROOT_URLCONF = "tests.events.urls"
    found = World(file)
    server = cheroot.wsgi.Server(("127.0.0.1", 0), WSGIHandler(), numthreads=4)
    server.prepare()
    serving = threading.Thread(target=server.serve)
    serving.start()
    try:
        found.site = f"http://127.0.0.1:{server.bind_addr[1]}"
        settings.APPWRITE_ORM = {"default": found.connection}
        run_sync(migrate([Open, Own]))
        found.elsewhere("POST", "/v1/users", {"userId": LISTENER})
        granted = [f'read("user:{LISTENER}")']
        found.elsewhere("PUT", TABLE.removesuffix("/rows"), {"name": "open", "permissions": granted})
        found.elsewhere("POST", TABLE, {"rowId": "a", "data": {"n": 1}})
        yield found
    finally:
        server.stop()
        serving.join()
        found.close()
