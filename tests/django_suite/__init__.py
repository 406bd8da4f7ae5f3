"""Run Django's own test suite against the database backend: `python -m tests.django_suite`."""
