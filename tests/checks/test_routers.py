"""The router of connections: one that cannot be called is found before a query asks it."""

from __future__ import annotations

import sys
import types

import pytest

from django_appwrite_orm.checks import check_settings


def route(table: object) -> None:
    return None


NO_ROUTER = 5


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the project's that fails on import, with whatever it fails."""

    class Failing(types.ModuleType):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("not today")

    monkeypatch.setitem(sys.modules, "failing_router", Failing("failing_router"))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no.such.router", "cannot be imported"),
        (f"{__name__}.no_such_name", "cannot be imported"),
        ("no_dots", "cannot be imported"),
        (5, "cannot be imported"),
        ("failing_router.route", "cannot be imported (not today)"),
        (f"{__name__}.NO_ROUTER", "cannot be called: it is of type int"),
    ],
)
def test_a_router_that_cannot_be_called(settings, broken: None, path: object, said: str) -> None:
    settings.APPWRITE_ORM_ROUTER = path
    [message] = check_settings()
    assert message.id == "appwrite_orm.E009"
    assert said in message.msg
    assert "dotted path" in str(message.hint)


def test_one_that_can_be_called(settings) -> None:
    assert check_settings() == []
    settings.APPWRITE_ORM_ROUTER = f"{__name__}.route"
    assert check_settings() == []
