"""How people ask: Django's querysets on `Table.objects`, and the guide's verbs on `orm.table(name)`."""

from .blocks import atomic
from .definitions import register, table_from_definition
from .door import ORM, orm
from .expressions import Apply
from .managers import Manager
from .queryset import QuerySet
from .table import Table
from .verbs import TableVerbs

__all__ = [
    "ORM",
    "Apply",
    "Manager",
    "QuerySet",
    "Table",
    "TableVerbs",
    "atomic",
    "orm",
    "register",
    "table_from_definition",
]
