"""`transaction.atomic()` of models: changes wait in memory, and are applied together at the end of the block."""
