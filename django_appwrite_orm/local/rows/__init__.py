"""Rows: queried, checked, written, and shown in responses."""
