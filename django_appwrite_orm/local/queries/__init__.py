"""Appwrite's query language: parsed, validated, and compiled to SQL with bound values."""
