"""The operations of a migration: what each checks first, sends, and changes."""
