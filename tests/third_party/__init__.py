"""Third-party apps with their own migrations, unpatched, on the database backend: `python -m tests.third_party`."""
