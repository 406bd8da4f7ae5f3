"""The demo user of a local Appwrite. A real server never gets a user whose password everybody knows."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest

NAME = PASSWORD = "demo"  # noqa: S105 - for local data, and shown on the page


def is_local() -> bool:
    """Whether the data of the site is that of a local Appwrite."""
    return str(settings.APPWRITE_ORM["default"]["ENDPOINT"]).startswith("local:")


def ensure_demo_user() -> str:
    """Make the user where that is allowed, once; say in one sentence how to sign in."""
    if not is_local():
        return "The admin has no demo user on a server: make one with manage.py createsuperuser."
    users = get_user_model().objects
    if not users.filter(username=NAME).exists():
        users.create_superuser(NAME, password=PASSWORD)
    return f"The admin under /admin/ takes the user {NAME} with the password {PASSWORD}."


def demo_user(request: HttpRequest) -> dict[str, str]:
    """The context of every template: the demo user's name, which is the password too; empty where there is none."""
    return {"demo_user": NAME if is_local() else ""}
