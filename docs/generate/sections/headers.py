"""Headers of responses and of requests."""

from __future__ import annotations

from functools import partial
from types import ModuleType

from django_appwrite_orm.transport import client
from django_appwrite_orm.web import http_cache, webhook_signature, webhooks

from ..markdown import code, table
from ..source import comments

_ENDING = "_HEADER"


def _of(*modules: ModuleType) -> str:
    rows = []
    for module in modules:
        texts = comments(module)
        rows += [[code(value), texts[name]] for name, value in vars(module).items() if name.endswith(_ENDING)]
    return table(["Header", "Value"], rows)


SECTIONS = {
    "headers.response": partial(_of, http_cache),
    "headers.webhook": partial(_of, webhooks, webhook_signature),
    "headers.request": partial(_of, client),
}
