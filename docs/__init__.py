"""The documentation; `docs.generate` makes parts of its reference from the code."""
