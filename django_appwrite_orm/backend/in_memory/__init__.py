"""Queries that Appwrite cannot answer, answered by Django's SQLite backend over copies of the rows they need."""
