"""The SDK's client over this package's transport, for Appwrite services that this package does not cover.

Import it at first use only: the SDK's client takes a tenth of a second to import, its services and models a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from appwrite.client import Client as AppwriteClient
from appwrite.encoders.value_class_encoder import ValueClassEncoder
from appwrite.exception import AppwriteException
from appwrite.input_file import InputFile
from appwrite.query import Query
from urllib3.filepost import encode_multipart_formdata

from ..credentials import Secret
from ..exceptions import AppwriteError
from ..sansio import Operation, run_sync
from .client import OTHER_IDENTITIES, ContentRequest, Reply

Deliver = Callable[[ContentRequest], Operation[tuple[Reply, bool]]]


class SDKClient(AppwriteClient):  # type: ignore[misc]  # the SDK has no types
    """An `appwrite.client.Client` with pooled connections, timeouts and safe retries.

    It has the identity of the connection. An identity set on it (`set_session`, `set_jwt`, `set_key`) replaces the
    connection's key; `set_endpoint`, `set_project` and `set_self_signed` belong to the connection and are refused.
    Raises the SDK's `AppwriteException`, made from this package's error.
    """

    def __init__(self, deliver: Deliver) -> None:
        super().__init__()
        self._deliver = deliver
        # The transport sets the response format that fits the server.
        del self._global_headers["X-Appwrite-Response-Format"]

    def set_endpoint(self, endpoint: str) -> SDKClient:
        """Raise TypeError: the endpoint belongs to the connection."""
        raise TypeError("The endpoint of this client is its connection's. Make one of another connection.")

    def set_project(self, value: str) -> SDKClient:
        """Raise TypeError: the project belongs to the connection."""
        raise TypeError("The project of this client is its connection's. Make one of another connection.")

    def set_self_signed(self, status: bool = True) -> SDKClient:
        """Raise TypeError: certificates are always verified."""
        raise TypeError("This client checks certificates. Name your own authority's file in SSL_CERT_FILE.")

    def call(
        self,
        method: str,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        response_type: str = "json",
    ) -> Any:
        """Send one request of a service; return the response in the form `response_type`."""
        all_headers = {name.lower(): value for name, value in {**self._global_headers, **(headers or {})}.items()}
        all_headers |= {name: Secret(all_headers[name]) for name in OTHER_IDENTITIES & all_headers.keys()}
        all_headers.pop("x-appwrite-project", None)  # the services set it from a client without a project
        values = {name: Query._flatten(value) for name, value in (params or {}).items()}
        request = self._request(method.upper(), quote(path, safe="/%:@+,;=~"), all_headers, values)
        try:
            reply, _ = run_sync(self._deliver(request))
        except AppwriteError as error:
            raise AppwriteException(str(error), error.status, error.type) from error
        if response_type == "location":
            return reply.headers.get("location")
        if response_type == "text":
            return reply.text
        return json.loads(reply.text) if reply.is_json and reply.text else reply.body

    def _request(self, method: str, path: str, headers: dict[str, Any], values: dict[str, Any]) -> ContentRequest:
        kind = headers.pop("content-type", "")
        if method == "GET":
            query = tuple((name, _in_url(value)) for name, value in self.flatten(values).items())
            return ContentRequest(method, path, query, headers=headers)
        if kind.startswith("multipart/form-data"):
            content, kind = encode_multipart_formdata(self._parts(values))
        else:
            content = json.dumps(values, cls=ValueClassEncoder).encode()
            kind = "application/json"
        return ContentRequest(method, path, content=content, headers={**headers, "content-type": kind})

    def _parts(self, values: dict[str, Any]) -> dict[str, Any]:
        files = {name: value for name, value in values.items() if isinstance(value, InputFile)}
        plain = {name: value for name, value in values.items() if name not in files}
        return {
            **self.flatten(plain, stringify=True),
            **{name: (file.filename, file.data) for name, file in files.items()},
        }


def _in_url(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
