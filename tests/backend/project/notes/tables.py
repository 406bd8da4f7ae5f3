from django_appwrite_orm import Table, columns


class Page(Table):
    """A table beside the models, in the same database."""

    name = columns.String(size=20)
