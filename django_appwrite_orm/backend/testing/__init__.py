"""Test databases, and what of Django's own test suite the backend cannot pass."""
