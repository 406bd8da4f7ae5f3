"""Links between rows: how they are read, written and deleted."""
