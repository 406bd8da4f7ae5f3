"""Template tags: `{% load appwrite %}`."""
