"""Checks of the inner `class Appwrite` of models."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import models

from ..backend.model_table import OPTIONS, appwrite_options
from ..cache import CachePolicy
from ..plans.limits import NAME_LENGTH
from ..tables import TABLE_VERBS, permission_problems

_KINDS: Mapping[str, tuple[Any, str]] = {
    "cache": ((CachePolicy,), "a CachePolicy, such as CachePolicy(ttl=60)"),
    "enabled": ((bool,), "True or False"),
    "name": ((str,), "a text"),
    "permissions": ((list, tuple), "a list of what the SDK's Permission makes"),
    "row_security": ((bool,), "True or False"),
    "warm": ((bool, list, tuple), "True, or a list of functions that take a queryset"),
}


def option_problems(model: type[models.Model]) -> Iterator[CheckMessage]:
    """Yield the problems of what the inner `class Appwrite` of a model says."""
    options = appwrite_options(model)
    if model._meta.proxy and "Appwrite" in vars(model):
        message = "has no effect in a proxy model, which uses the table of its concrete model."
        yield _error("appwrite.E109", model, "Appwrite", message, "Write it in the concrete model.")
    inner = getattr(model, "Appwrite", None)
    if inner is not None and not isinstance(inner, type):
        yield _error(
            "appwrite.E110", model, "Appwrite", f"is {inner!r}, not a class.", "Write class Appwrite: in the model."
        )
    for name, value in options.items():
        if name not in OPTIONS:
            near = difflib.get_close_matches(name, OPTIONS, n=1)
            guess = f" Did you mean: {near[0]}?" if near else ""
            hint = f"Use {', '.join(OPTIONS)}. The id of the table is Meta.db_table."
            yield _error("appwrite.E109", model, f"Appwrite.{name}", f"is not an option.{guess}", hint)
            continue
        kinds, expected = _KINDS[name]
        if not isinstance(value, kinds):
            message = f"must be {expected}, not {type(value).__name__}."
            yield _error("appwrite.E110", model, f"Appwrite.{name}", message, f"Write {name} = {expected}.")
        elif name == "name" and not 1 <= len(value) <= NAME_LENGTH:
            message = f"has {len(value)} characters."
            yield _error("appwrite.E110", model, "Appwrite.name", message, f"Give it 1 to {NAME_LENGTH} characters.")
        elif name == "permissions":
            for problem in permission_problems(value, TABLE_VERBS):
                hint = "Write permissions with the SDK's Permission and Role."
                yield _error("appwrite.E110", model, "Appwrite.permissions", problem, hint)


def relation_problems(model: type[models.Model]) -> Iterator[CheckMessage]:
    """Yield the relations of a managed model to models of tables, which its migrations do not have."""
    if not model._meta.managed or hasattr(model, "declared_table"):
        return
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        target: Any = field.remote_field.model if field.remote_field else None
        if hasattr(target, "declared_table"):
            message = f"leads to {target._meta.label}, the model of a Table, which migrations do not have."
            yield _error(
                "appwrite.E115", model, field.name, message, f"Keep the id: {field.name}_id = IDField(db_index=True)."
            )


def _error(id: str, model: type[models.Model], name: str, message: str, hint: str) -> Error:
    return Error(f"{model._meta.label}.{name}: {message}", hint=hint, obj=model, id=id)
