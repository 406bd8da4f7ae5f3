"""Appwrite transactions: operations staged one by one, seen by reads that name the transaction, replayed at the
commit inside one SQLite transaction."""
