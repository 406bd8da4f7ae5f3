"""Columns: their kinds as data, their values in each form, their size in a row."""
