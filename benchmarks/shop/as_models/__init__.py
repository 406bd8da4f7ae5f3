"""Products and orders as models."""
