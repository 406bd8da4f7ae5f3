"""Products and orders as tables."""
