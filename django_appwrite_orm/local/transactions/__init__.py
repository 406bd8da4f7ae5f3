"""Appwrite transactions: operations staged one by one, and replayed at the commit.

Reads that name the transaction see its staged rows. The commit is one SQLite transaction.
"""
