"""Table declarations: columns, indexes, options, rows, and validation of values."""

from . import columns
from .indexes import FulltextIndex, Index, SpatialIndex, UniqueIndex
from .names import name_problem, unknown_column
from .options import Options
from .overrides import Overridable, alters_data
from .permissions import ROW_VERBS, TABLE_VERBS, permission_problems
from .reading import read_rows, read_values
from .row import Row
from .validation import clean_values

__all__ = [
    "ROW_VERBS",
    "TABLE_VERBS",
    "FulltextIndex",
    "Index",
    "Options",
    "Overridable",
    "Row",
    "SpatialIndex",
    "UniqueIndex",
    "alters_data",
    "clean_values",
    "columns",
    "name_problem",
    "permission_problems",
    "read_rows",
    "read_values",
    "unknown_column",
]
