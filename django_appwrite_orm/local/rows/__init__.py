"""Rows: how they are asked for, checked, written and shown."""
