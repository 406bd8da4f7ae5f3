"""Databases, tables, columns and indexes: read, cached, described and changed."""
