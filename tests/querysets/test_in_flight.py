"""Many requests at once on one thread: HTTP is asynchronous for real."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from django_appwrite_orm.connection import connections
from tests.support.library.tables import Reader

COUNT = 200


class HoldingServer:
    """Answers nobody before `COUNT` requests have arrived, each over a connection of its own."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.threads = 0
        self._all_there = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        row_id = head.split(" ")[1].rpartition("/")[2]
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        if self.waiting == COUNT:
            self.threads = threading.active_count()
            self._all_there.set()
        await self._all_there.wait()
        self.waiting -= 1
        body = json.dumps({"$id": row_id, "name": f"reader {row_id}"}).encode()
        lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.mark.slow
def test_two_hundred_at_once(settings) -> None:
    async def all_of_them() -> tuple[HoldingServer, list[str]]:
        holding = HoldingServer()
        server = await asyncio.start_server(holding.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        there = {"ENDPOINT": f"http://127.0.0.1:{port}/v1", "PROJECT_ID": "p", "API_KEY": "k", "AUTO_VALIDATE": False}
        settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], **there}}
        readers = Reader.objects.uncached()
        async with server:
            rows = await asyncio.gather(*(readers.aget(pk=f"r{n}") for n in range(COUNT)))
        return holding, [row.name for row in rows]

    threads = threading.active_count()
    holding, names = asyncio.run(all_of_them())
    connections.reset()
    assert holding.most == COUNT
    assert names == [f"reader r{n}" for n in range(COUNT)]
    assert holding.threads == threads
