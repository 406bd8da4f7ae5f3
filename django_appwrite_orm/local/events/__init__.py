"""What has happened to databases, tables and rows: told after the commit, under Appwrite's names."""
