"""Appwrite's query language: parsed, checked against what may be asked, turned into SQL with bound values."""
