"""Users of an Appwrite, made with its SDK."""

from __future__ import annotations

from appwrite.services.users import Users

from django_appwrite_orm.connection import connections


def jwt_of_new_user(name: str) -> str:
    """Create a user with this name as the id; return a JWT that signs them in."""
    users = Users(connections["default"].sdk_client())
    users.create(name, name=name)
    return str(users.create_jwt(name).jwt)
