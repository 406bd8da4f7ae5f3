"""Fixtures of tests about models."""

from tests.backend.conftest import shop  # noqa: F401
