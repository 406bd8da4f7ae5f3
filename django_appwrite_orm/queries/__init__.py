"""How people ask: Django's querysets on `Table.objects`, and the guide's verbs on `orm.table(name)`."""

from .definitions import register, table_from_definition
from .door import ORM, orm
from .queryset import QuerySet
from .table import Manager, Table
from .verbs import TableVerbs

__all__ = ["ORM", "Manager", "QuerySet", "Table", "TableVerbs", "orm", "register", "table_from_definition"]
