"""A client of the site that says what each response was, and remembers what was not as promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2 as httpx

from demo.pages import form_for

Say = Callable[[str], object]
_SHOWN = ("X-Cache-Status", "X-Cache-Table", "Cache-Control")


class Visitor:
    """`problems` are sentences, in the order in which they were found."""

    def __init__(self, client: httpx.Client, say: Say) -> None:
        self.client = client
        self.say = say
        self.problems: list[str] = []

    def expect(self, is_right: bool, problem: str) -> bool:
        if not is_right:
            self.problems.append(problem)
        return is_right

    def ask(
        self, path: str, cached: str | None = None, *, status: int = 200, says: str = "", **headers: str
    ) -> httpx.Response:
        """GET a page, and check its status, where it came from, and a text on it."""
        return self._checked(self.client.get(path, headers=headers), path, status, says, cached)

    def send(
        self,
        path: str,
        *,
        method: str = "POST",
        data: Any = None,
        json: Any = None,
        status: int = 200,
        says: str = "",
        **headers: str,
    ) -> httpx.Response:
        """Send something that changes the site."""
        response = self.client.request(method, path, data=data, json=json, headers=headers)
        return self._checked(response, path, status, says)

    def submit(
        self, path: str, changes: dict[str, Any], *, action: str = "", status: int = 302, says: str = ""
    ) -> httpx.Response:
        """Open a page, fill in its form, and send it as a browser does."""
        try:
            form = form_for(self.client.get(path).text, changes, action)
        except LookupError as error:
            self.problems.append(f"GET {path}: {error}")
            return httpx.Response(404)
        return self.send(form.action or path, data=form.values | changes, status=status, says=says)

    def _checked(
        self, response: httpx.Response, path: str, status: int, says: str, cached: str | None = None
    ) -> httpx.Response:
        self.say(_line(response, path))
        request = f"{response.request.method} {path}"
        found = response.headers.get("X-Cache-Status")
        self.expect(response.status_code == status, f"{request}: expected {status}, got {response.status_code}.")
        self.expect(cached in (None, found), f"{request}: expected {cached}, got {found}.")
        self.expect(says in response.text, f"{request}: expected the text {says!r}.")
        return response


def _line(response: httpx.Response, path: str) -> str:
    headers = "  ".join(f"{name}: {response.headers[name]}" for name in _SHOWN if name in response.headers)
    return f"{response.request.method:6} {path:42} {response.status_code}  {headers}".rstrip()
