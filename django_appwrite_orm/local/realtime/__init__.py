"""Realtime: what happens to rows, told over websockets to those who may read them."""
