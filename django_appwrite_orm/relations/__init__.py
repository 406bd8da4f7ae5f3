"""The relations between tables, and the tables that a change of another one affects."""
