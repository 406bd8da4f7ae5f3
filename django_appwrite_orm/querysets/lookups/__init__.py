"""Django's lookups as Appwrite's filters."""
