"""The Django database backend: `"ENGINE": "django_appwrite_orm.backend"` in DATABASES."""

ENGINE = __name__
