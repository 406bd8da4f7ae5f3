"""Headers of responses and of requests."""

from __future__ import annotations

from django_appwrite_orm.transport import client
from django_appwrite_orm.web import http_cache, webhook_signature, webhooks

from ..markdown import code, table
from ..source import comments

_ENDING = "_HEADER"


def _of(*modules: object) -> str:
    rows = []
    for module in modules:
        texts = comments(module)  # type: ignore[arg-type]
        rows += [[code(value), texts[name]] for name, value in vars(module).items() if name.endswith(_ENDING)]
    return table(["Header", "Value"], rows)


def _of_responses() -> str:
    return _of(http_cache)


def _of_webhooks() -> str:
    return _of(webhooks, webhook_signature)


def _of_requests() -> str:
    return _of(client)


SECTIONS = {"headers.response": _of_responses, "headers.webhook": _of_webhooks, "headers.request": _of_requests}
