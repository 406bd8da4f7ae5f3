"""Operators: changes that start from the stored value, such as ``{"method": "increment", "values": [1]}``."""
