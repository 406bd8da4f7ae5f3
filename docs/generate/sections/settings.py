"""The options of connections, of their caches, of databases and of models."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from django_appwrite_orm.backend.base import BackendOptions
from django_appwrite_orm.backend.model_table import OPTIONS as MODEL_OPTIONS
from django_appwrite_orm.cache import CachePolicy
from django_appwrite_orm.conf.connection_settings import CACHE_OPTIONS, OPTIONS, CacheSettings, ConnectionSettings
from django_appwrite_orm.conf.option import REQUIRED, Option
from django_appwrite_orm.credentials import Secret, revealed
from django_appwrite_orm.tables.options import META_OPTIONS, MetaOption

from ..markdown import code, table
from ..source import attributes

_TYPES = {"str": "text", "int": "whole number", "bool": "bool", "dict": "dict"}


def _options(options: Mapping[str, Option], meanings: Mapping[str, str]) -> str:
    rows = ([code(key), _type(spec), _default(spec), spec.unit, meanings[key.lower()]] for key, spec in options.items())
    return table(["Key", "Type", "Default", "Unit", "Meaning"], rows)


def _type(spec: Option) -> str:
    name = "number" if float in spec.types else _TYPES[spec.types[0].__name__]
    if not spec.minimum:
        return name
    return (
        f"{name}, {spec.minimum:g} to {spec.maximum:g}"
        if spec.maximum < float("inf")
        else f"{name}, from {spec.minimum:g}"
    )


def _default(spec: Option) -> str:
    if spec.default is REQUIRED:
        return "required"
    default = spec.default
    if isinstance(default, float):
        default = int(default)
    if isinstance(default, Secret):
        default = revealed(default)
    return code(f'"{default}"' if str in spec.types else default)


def _connection() -> str:
    return _options(OPTIONS, attributes(ConnectionSettings))


def _cache() -> str:
    return _options(CACHE_OPTIONS, {**attributes(CacheSettings), **attributes(CachePolicy)})


def _database() -> str:
    meanings = attributes(BackendOptions)
    fields = dataclasses.fields(BackendOptions)
    rows = ([code(field.name), code(_shown(field.default)), meanings[field.name]] for field in fields)
    return table(["Option", "Default", "Meaning"], rows)


def _shown(default: object) -> str:
    return f'"{default}"' if isinstance(default, str) else "[]" if default == () else str(default)


def _model() -> str:
    return table(["Option", "Meaning"], ([code(name), META_OPTIONS[name].meaning] for name in MODEL_OPTIONS))


def _meta() -> str:
    rows = ([code(name), _kinds(option), option.default, option.meaning] for name, option in META_OPTIONS.items())
    return table(["Option", "Type", "Default", "Meaning"], rows)


def _kinds(option: MetaOption) -> str:
    names = {"str": "text", "list": "list", "bool": "bool"}
    types = [names[kind.__name__] for kind in option.types or () if kind is not tuple]
    return " or ".join(types) if types else code(CachePolicy.__name__)


SECTIONS = {
    "settings.connection": _connection,
    "settings.cache": _cache,
    "settings.database": _database,
    "settings.model": _model,
    "tables.meta": _meta,
}
