"""The schema of models on Appwrite: tables, columns and indexes, checked, changed and read."""
