"""Answers that only a proxy, a broken server or a hostile one gives: each ends in time, and in one of our errors."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from django_appwrite_orm.exceptions import NotFound, RateLimited, Timeout, Unavailable
from django_appwrite_orm.plans import Request
from django_appwrite_orm.transport import decoding as bodies
from django_appwrite_orm.transport import request_json, sockets
from tests.support.faulty_servers import READ, UPDATE, Fault, answer, faulty, refusal, truncated
from tests.transport.conftest import Drive

OK = b'{"ok":1}'


def raw(*lines: str, body: bytes = OK) -> Fault:
    """An answer to the letter; the connection ends with it."""

    def fault(connection: socket.socket) -> None:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return fault


def packed(name: str, body: bytes) -> Fault:
    return raw("HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Encoding: {name}", body=body)


@pytest.mark.parametrize(
    "fault",
    [
        raw("HTTP/1.0 200 OK", "Content-Type: application/json"),
        raw("HTTP/1.0 200 OK", "Content-Type: application/json", "Content-Length: 8"),
        raw("HTTP/1.1 200 OK", "Content-Type: application/json", "Connection: close"),
        raw("HTTP/1.1 100 Continue", "", "HTTP/1.1 200 OK", "Content-Type: Application/JSON", "Content-Length: 8"),
        packed("GZIP", gzip.compress(OK)),
        packed("x-gzip", gzip.compress(OK)),
    ],
)
def test_old_servers_and_odd_letters_are_understood(drive: Drive, fault: Fault) -> None:
    with faulty(fault) as server:
        assert drive(request_json(server.client(), READ, timeout=30, retries=0)).data == {"ok": 1}


@pytest.mark.parametrize("request_", [READ, UPDATE], ids=str)
def test_no_content_is_an_answer_to_a_deletion_alone(drive: Drive, request_: Request) -> None:
    """To a read it would say that the row is not there, and be cached as that."""
    nothing = raw("HTTP/1.1 204 No Content", body=b"")
    with faulty(nothing) as server, pytest.raises(Unavailable, match="204 and no JSON object") as caught:
        drive(request_json(server.client(), request_, timeout=30, retries=0))
    assert caught.value.unclear is not request_.is_read
    with faulty(nothing) as server:
        assert drive(request_json(server.client(), Request("DELETE", "/r"), timeout=30, retries=0)).data is None


@pytest.mark.parametrize(
    "form", [lambda body: packed("identity", body), lambda body: packed("gzip", gzip.compress(body))]
)
def test_an_answer_beyond_all_bounds(
    drive: Drive, form: Callable[[bytes], Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small on the wire and large unpacked, or large as it is. It would be as large the next time."""
    monkeypatch.setattr(bodies, "LARGEST", 100_000)
    with faulty(form(b" " * 99_900 + OK)) as server:
        assert drive(request_json(server.client(), READ, timeout=30, retries=2)).data == {"ok": 1}
    said = "larger than 100000 bytes; ask for fewer rows"
    with faulty(form(b" " * 100_000 + OK)) as server, pytest.raises(Unavailable, match=said):
        drive(request_json(server.client(), READ, timeout=30, retries=2))
    assert len(server.received) == 1


@pytest.mark.parametrize("item", ["[]", "{}", '{"a":1}', "0", '"",0'])
def test_many_tiny_values_are_not_decoded(drive: Drive, item: str) -> None:
    """Five million of them are 15 MB on the wire, less than 20 kB compressed, and hundreds of MB in memory."""
    large = f'{{"rows":[{",".join([item] * 5_000_000)}]}}'.encode()
    with (
        faulty(packed("gzip", gzip.compress(large))) as server,
        mock.patch.object(json, "loads", side_effect=AssertionError("it was decoded")),
        pytest.raises(Unavailable, match=f"more than {bodies.HEAVIEST} bytes of memory; ask for fewer rows"),
    ):
        drive(request_json(server.client(), READ, timeout=60, retries=2))
    assert len(server.received) == 1


@pytest.mark.parametrize("colon", [":", " :", "\n:"])
def test_many_keys_are_not_decoded(drive: Drive, colon: str) -> None:
    """Each is a text of its own, which the dict and, meanwhile, the parser keep a place for: 300 MB at the most."""
    large = ("{" + ",".join([f'"{number}"{colon}0' for number in range(1_900_000)]) + "}").encode()
    with (
        faulty(packed("gzip", gzip.compress(large, 1))) as server,
        mock.patch.object(json, "loads", side_effect=AssertionError("it was decoded")),
        pytest.raises(Unavailable, match=f"more than {bodies.HEAVIEST} bytes of memory; ask for fewer rows"),
    ):
        drive(request_json(server.client(), READ, timeout=60, retries=2))


def test_keys_of_json_in_a_text_do_not_count_as_keys() -> None:
    text = json.dumps({"text": json.dumps({"a": 1, "b": "c: d"})}).encode()
    ends_in_a_backslash = json.dumps({"text\\": 1}).encode()
    assert bodies._weight(text) == len(text) + 2 * 200 + 64 + 100
    assert bodies._weight(ends_in_a_backslash) == len(ends_in_a_backslash) + 200 + 100


@pytest.mark.parametrize("item", [b"{", b"[", b",", b'":', b'"', b"\\", b'\\\\":', b'{"":[{},', b"0"])
def test_a_body_that_is_not_weighed_is_light(item: bytes) -> None:
    body = item * (bodies._LIGHT // 100 // len(item))
    assert bodies._weight(body) * 100 <= bodies.HEAVIEST


def test_a_bomb_is_unpacked_no_further_than_allowed(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piece by piece, so that the time is looked at in between, and on an event loop in threads."""
    monkeypatch.setattr(bodies, "LARGEST", 5_000_000)
    sizes: list[int] = []
    add = bodies.Body.add

    def counting(self: bodies.Body, chunk: bytes) -> bytes:
        before = self._size
        try:
            return add(self, chunk)
        finally:
            sizes.append(self._size - before)

    monkeypatch.setattr(bodies.Body, "add", counting)
    bomb = gzip.compress(b" " * 50_000_000)
    with faulty(packed("gzip", bomb)) as server, pytest.raises(Unavailable, match="larger than 5000000 bytes"):
        drive(request_json(server.client(), READ, timeout=60, retries=0))
    assert sum(sizes) <= 5_000_000 + max(sizes)
    assert max(sizes) <= 1_100_000


def test_unpacking_ends_with_the_time(monkeypatch: pytest.MonkeyPatch, drive: Drive) -> None:
    """The clock is at the end of the limit after the first piece."""
    pieces: list[int] = []
    add = bodies.Body.add
    monkeypatch.setattr(bodies, "_PIECE", 1000)

    def slow(self: bodies.Body, chunk: bytes) -> bytes:
        pieces.append(1)
        time.sleep(0.3)
        return add(self, chunk)

    monkeypatch.setattr(bodies.Body, "add", slow)
    with faulty(packed("gzip", gzip.compress(b" " * 1_000_000))) as server, pytest.raises(Timeout):
        drive(request_json(server.client(), READ, timeout=0.5, retries=0))
    assert len(pieces) < 20


def test_every_piece_of_a_compressed_answer_arrives(drive: Drive) -> None:
    """Sizes around that of a piece, where its end may wait within the library."""
    for size in (2**20 - 300, 2**20 - 1, 2**20, 2**20 + 1, 2**20 + 300, 3 * 2**20):
        text = json.dumps({"a": "x" * size})
        with faulty(packed("gzip", gzip.compress(text.encode()))) as server:
            assert drive(request_json(server.client(), READ, timeout=60, retries=0)).text == text


def test_a_compressed_answer_that_breaks_off(drive: Drive) -> None:
    with faulty(packed("gzip", gzip.compress(OK * 99)[:-9])) as server, pytest.raises(Unavailable, match="breaks off"):
        drive(request_json(server.client(), READ, timeout=30, retries=0))


@pytest.mark.parametrize("body", [{"type": ["row_not_found"], "message": {"a": 1}}, {"type": 5}, [], "text"])
def test_an_error_in_nobodys_form_has_no_type(drive: Drive, body: object) -> None:
    """Proxies say 404 as well, while the server behind them is away."""
    with (
        faulty(answer(404, body)) as server,
        pytest.raises(NotFound, match="with 404, and not as Appwrite does") as caught,
    ):
        drive(request_json(server.client(), READ, timeout=30, retries=0))
    assert caught.value.type is None


def test_what_is_not_appwrite_is_named_with_the_setting(drive: Drive) -> None:
    with faulty(answer(404, "<h1>Not Found</h1>")) as server:
        endpoint, client = server.endpoint, server.client()
        with pytest.raises(NotFound) as caught:
            drive(request_json(client, READ, timeout=30, retries=0))
    assert str(caught.value).startswith(f"{endpoint} answered ")
    assert "Is the setting ENDPOINT the URL of Appwrite's API" in str(caught.value)


@pytest.mark.parametrize("path", ["", "/v1"])
def test_a_route_that_is_not_there_may_lack_the_version(drive: Drive, path: str) -> None:
    with faulty(refusal(404, "general_route_not_found")) as server:
        client = server.client(server.endpoint.removesuffix("/v1") + path)
        with pytest.raises(NotFound) as caught:
            drive(request_json(client, READ, timeout=30, retries=0))
    assert ("Add /v1 to the setting ENDPOINT" in str(caught.value)) is (path == "")


@pytest.mark.parametrize(
    "asked",
    [
        *("-5", "1e9", "abc", "inf", "nan", ",", "1, 2", "0x10"),
        *("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 -99999999999999999999"),
        *("Sun, 06 Nov 1994 08:49:99999999999999999999 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"),
    ],
)
def test_a_wait_that_says_nothing(drive: Drive, asked: str) -> None:
    with faulty(answer(429, {}, Retry_After=asked)) as server, pytest.raises(RateLimited) as caught:
        drive(request_json(server.client(), READ, timeout=30, retries=0))
    assert caught.value.retry_after is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere(drive: Drive, status: int) -> None:
    """The key would go along."""
    with faulty(answer(200, {"ok": 1})) as elsewhere:
        moved = answer(status, {"$id": "r"}, location=f"{elsewhere.endpoint}/tablesdb")
        with faulty(moved) as server, pytest.raises(Unavailable, match="it redirects to") as caught:
            drive(request_json(server.client(), UPDATE, timeout=30, retries=2))
    assert (caught.value.status, len(server.received), elsewhere.received) == (status, 1, [])


@pytest.fixture
def sixth() -> Iterator[str]:
    """A server that has an IPv6 address alone."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                answer(200, {"ok": 1})(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://[::1]:{listener.getsockname()[1]}/v1"
        thread.join()


def test_an_address_of_version_six(drive: Drive, sixth: str) -> None:
    with faulty(truncated) as other:
        assert drive(request_json(other.client(sixth), READ, timeout=30, retries=0)).data == {"ok": 1}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("http_proxy", "http://[bad", "HTTP_PROXY in the environment is not a proxy"),
        ("http_proxy", "http://user:secret@127.0.0.1:99999", "HTTP_PROXY in the environment is not a proxy"),
        ("http_proxy", "http://user:secret@127.0.0.1:port", "HTTP_PROXY in the environment is not a proxy"),
        ("http_proxy", "http://user:secret@b\u00fccher.example:9", "HTTP_PROXY in the environment is not a proxy"),
        ("http_proxy", "ftp://user:secret@127.0.0.1:9", "HTTP_PROXY in the environment is not a proxy"),
        (
            "all_proxy",
            "socks5://user:secret@127.0.0.1:9",
            "ALL_PROXY .* is a SOCKS proxy, which needs socksio: pip install",
        ),
    ],
)
def test_a_proxy_that_cannot_be_used(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """Nothing was sent, so that no write is in doubt, and no password is shown."""
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sockets, "find_spec", lambda name: None)
    with faulty(answer(200, {"ok": 1})) as server, pytest.raises(Unavailable, match=said) as caught:
        drive(request_json(server.client(), UPDATE, timeout=30, retries=2))
    assert (caught.value.unclear, server.received) == (False, [])
    assert "secret" not in str(caught.value)


def test_a_proxy_s_password_may_have_any_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://us%C3%A9r:p\u00e9@127.0.0.1:9")
    found = sockets.proxy_of("http://appwrite.example/v1")
    assert found is not None
    assert found.auth == ("us\u00e9r".encode(), "p\u00e9".encode())


@pytest.mark.parametrize("name", ["::1", "[::1]", "*"])
def test_no_proxy_names_an_address_with_brackets_or_without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert sockets.proxy_of("http://[::1]:80/v1") is not None
    monkeypatch.setenv("no_proxy", name)
    assert sockets.proxy_of("http://[::1]:80/v1") is None


HOSTILE = "no such row\nERROR forged line\x1b[2J\u202e" + "x" * 100_000


@pytest.mark.parametrize("place", ["message", "type"])
def test_what_a_server_says_is_one_short_line(drive: Drive, place: str, caplog: pytest.LogCaptureFixture) -> None:
    """In the error and in the log."""
    body = {"message": "m", "code": 503, "type": "general_unknown"} | {place: HOSTILE}
    refused = answer(503, body)
    with (
        faulty(refused, refused) as server,
        caplog.at_level(logging.DEBUG),
        pytest.raises(Unavailable, match=r"no such row\\nERROR") as caught,
    ):
        drive(request_json(server.client(), READ, timeout=30, retries=1))
    logged = [record.getMessage() for record in caplog.records if record.name == "django_appwrite_orm.transport"]
    assert any("forged" in text for text in logged)
    for text in (str(caught.value), *logged):
        assert text.isprintable()
        assert len(text) < 1_000
