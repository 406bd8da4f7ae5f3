"""What databases, tables, columns and indexes there are: read (and remembered), described, changed."""
