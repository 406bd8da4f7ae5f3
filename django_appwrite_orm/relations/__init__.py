"""How tables lead to each other, and which tables a change of one affects."""
