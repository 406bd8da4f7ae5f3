"""Webhooks: which are registered, and calling them."""
