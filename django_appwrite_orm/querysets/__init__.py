"""Django's querysets on `Table.objects`. The verbs of `orm.table(name)` are in `facade`."""

from .expressions import Apply
from .managers import Manager
from .queryset import QuerySet
from .table import Table
from .transactions import atomic

__all__ = ["Apply", "Manager", "QuerySet", "Table", "atomic"]
