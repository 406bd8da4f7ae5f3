"""The SQLite file: connections, transactions, and the tables that describe what is stored."""
