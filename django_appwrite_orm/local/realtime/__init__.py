"""Realtime: changes of rows, sent over websockets to callers who may read the rows."""
