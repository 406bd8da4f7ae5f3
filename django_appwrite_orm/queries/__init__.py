"""Django's querysets on `Table.objects`. The verbs of `orm.table(name)` are in `door` and `verbs`."""

from .blocks import atomic
from .expressions import Apply
from .managers import Manager
from .queryset import QuerySet
from .table import Table

__all__ = ["Apply", "Manager", "QuerySet", "Table", "atomic"]
