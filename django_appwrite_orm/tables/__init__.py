"""What a table is: columns, indexes, options, rows, and whether values are allowed."""

from . import columns
from .indexes import FulltextIndex, Index, UniqueIndex
from .options import Options
from .row import Row, unknown_column
from .validation import clean_values

__all__ = ["FulltextIndex", "Index", "Options", "Row", "UniqueIndex", "clean_values", "columns", "unknown_column"]
