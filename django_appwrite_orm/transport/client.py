"""The wire: one attempt over pooled, kept-alive connections, blocking or on an event loop."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import httpx2 as httpx

from ..plans import Request
from .attempts import NoAnswer
from .local import AsyncLocalTransport, LocalTransport, open_local

# Newer servers answer in the form asked for here; older ones answer all the same. Rows have looked the same since.
RESPONSE_FORMAT = "1.9.0"


class Reply(NamedTuple):
    status: int
    text: str
    is_json: bool
    retry_after: str | None


class _Caller(httpx.Auth):
    """Adds who is asking, at the last moment, so that no frame above the wire holds the key."""

    def __init__(self, project_id: str, api_key: str) -> None:
        self._headers = {"X-Appwrite-Project": project_id, "X-Appwrite-Key": api_key}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._headers)
        yield request


class Client:
    """Sends requests to one project with one API key. Safe to share between threads, forks and event loops.

    `endpoint` is the URL with `/v1`, or `local:FILE` for the local Appwrite in this process.
    """

    def __init__(self, *, endpoint: str, project_id: str, api_key: str) -> None:
        self.endpoint = endpoint
        self._caller = _Caller(project_id, api_key)
        self._lock = threading.Lock()
        self._blocking: tuple[int, httpx.Client] | None = None
        self._asynchronous: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    def send(self, request: Request, timeout: float) -> Reply:
        """One attempt. Raises `NoAnswer`."""
        client = self._client()
        try:
            return _reply(client.send(self._prepared(client, request, timeout)))
        except httpx.HTTPError as error:
            failure = _failure(error)
        # Raised outside the handler: frames of the HTTP library hold the API key and must not reach an error page.
        raise failure

    async def asend(self, request: Request, timeout: float) -> Reply:
        """The same on the running event loop."""
        client = self._async_client()
        try:
            return _reply(await client.send(self._prepared(client, request, timeout)))
        except httpx.HTTPError as error:
            failure = _failure(error)
        raise failure

    def _prepared(self, client: httpx.Client | httpx.AsyncClient, request: Request, timeout: float) -> httpx.Request:
        content = (
            None if request.body is None else json.dumps(request.body, ensure_ascii=False, allow_nan=False).encode()
        )
        headers = {"User-Agent": "django-appwrite-orm", "X-Appwrite-Response-Format": RESPONSE_FORMAT}
        if content is not None:
            headers["Content-Type"] = "application/json"
        base = "http://local/v1" if self._file else self.endpoint
        return client.build_request(
            request.method,
            base + request.path,
            params=list(request.query) or None,
            content=content,
            headers=headers,
            timeout=timeout,
        )

    def _client(self) -> httpx.Client:
        """This process's client: a fork must not talk over its parent's connections."""
        with self._lock:
            if self._blocking is None or self._blocking[0] != os.getpid():
                transport = LocalTransport(open_local(self._file)) if self._file else None
                self._blocking = os.getpid(), httpx.Client(transport=transport, auth=self._caller)
            return self._blocking[1]

    def _async_client(self) -> httpx.AsyncClient:
        """This event loop's client: connections belong to the loop they were opened on."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._asynchronous:
                transport = AsyncLocalTransport(open_local(self._file)) if self._file else None
                self._asynchronous[loop] = httpx.AsyncClient(transport=transport, auth=self._caller)
            return self._asynchronous[loop]

    @property
    def _file(self) -> str | None:
        scheme, _, file = self.endpoint.partition(":")
        return None if scheme != "local" else file if file == ":memory:" else str(Path(file).absolute())

    def close(self) -> None:
        """Close the blocking connections; those of event loops end with their loops."""
        with self._lock:
            if self._blocking is not None and self._blocking[0] == os.getpid():
                self._blocking[1].close()
            self._blocking = None


def _reply(response: httpx.Response) -> Reply:
    content_type = response.headers.get("content-type", "")
    return Reply(response.status_code, response.text, "json" in content_type, response.headers.get("retry-after"))


def _failure(error: httpx.HTTPError) -> NoAnswer:
    unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol))
    reason = str(error) or type(error).__name__
    return NoAnswer(reason, sent=not unsent, timed_out=isinstance(error, httpx.TimeoutException))
