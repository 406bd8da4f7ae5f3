"""Webhooks: their registration and their delivery."""
