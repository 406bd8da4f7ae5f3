"""Changes of databases, tables and rows, published after the commit under Appwrite's event names."""
