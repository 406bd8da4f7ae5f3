"""The models that are tortured."""
