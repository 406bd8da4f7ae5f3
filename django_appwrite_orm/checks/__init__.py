"""System checks of the settings, the tables and the caches.

Only the checks of `check --deploy` send requests to Appwrite or use a cache. docs/reference/checks.md lists every id
with its fix.

Every process of a project imports this module, and few of them run a check, so each check imports its module when it
runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register

from ..backend import ENGINE
from ..conf import configured
from ..registry import registry
from .django_caches import let_e008_be_reported

# Never reuse the id of a removed check.


@register("appwrite_orm")
def check_settings(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E001 to E007, E009, E015 and W008: the settings APPWRITE_ORM and APPWRITE_ORM_ROUTER."""
    from ..conf.checks import problems, setting_problems
    from .connections import endpoint_problems, identity_problems
    from .routers import router_problems

    messages = [*setting_problems(), *(problem for alias in configured() for problem in problems(alias))]
    return [*messages, *router_problems(), *endpoint_problems(), *identity_problems()]


@register("appwrite_orm")
def check_tables(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E010 to E039, E050, W010, W026 and W050: the registered tables of `app_configs`, or all of them."""
    from .columns import column_problems
    from .indexes import index_problems
    from .relationships import relation_problems
    from .tables import clashes, table_problems

    labels = None if app_configs is None else {config.label for config in app_configs}
    tables = [table for table in registry.all() if labels is None or table._meta.app_label in labels]
    messages = list(clashes(registry.all(), tables))
    for table in tables:
        messages += [*table_problems(table), *column_problems(table), *relation_problems(table), *index_problems(table)]
    return messages


@register(Tags.models, "appwrite_orm")
def check_models(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E102, E103, E105 to E110, E113 to E117 and W107: models on Appwrite.

    Their databases, their tables and their inner `class Appwrite`. E101, E104, E111, E112 and W106 are checks of
    Django's for databases and fields.
    """
    if not any(options.get("ENGINE") == ENGINE for options in settings.DATABASES.values()):
        return []
    from .databases import database_problems
    from .model_tables import model_table_problems
    from .models import option_problems, relation_problems

    configs = apps.get_app_configs() if app_configs is None else app_configs
    models = [model for config in configs for model in config.get_models(include_auto_created=True)]
    messages = list(database_problems(models))
    for model in models:
        messages += [*option_problems(model), *relation_problems(model), *model_table_problems(model)]
    return messages


@register(Tags.caches, "appwrite_orm")
def check_caches(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """W001 to W003, W005 and W006: the caches that connections use."""
    from .caches import cache_problems

    return list(cache_problems())


@register("appwrite_orm")
def check_middleware(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """W004: the position of AppwriteCacheMiddleware in MIDDLEWARE, and caches of whole pages."""
    from .middleware import order_problems

    return order_problems(settings.MIDDLEWARE)


@register(Tags.urls, "appwrite_orm")
def check_views(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E060 and W060: generic views that need a Django model but show a table."""
    from .views import view_problems

    return list(view_problems())


@register("appwrite_orm", deploy=True)
def check_servers(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E016, E040 to E043 and W040 to W043, only with --deploy: try Appwrite, the key, the schema and the caches."""
    from .connections import deployment_problems
    from .deploy import server_problems

    return [*deployment_problems(), *server_problems()]


let_e008_be_reported()
