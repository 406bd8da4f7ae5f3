"""Django's querysets on `Table.objects`. The verbs of `orm.table(name)` are in `facade`."""

from .atomic_block import atomic
from .expressions import Apply
from .managers import Manager
from .queryset import QuerySet
from .table import Table

__all__ = ["Apply", "Manager", "QuerySet", "Table", "atomic"]
