"""The compilers: from Django's queries to plans."""

from .compiler import SQLAggregateCompiler, SQLCompiler
from .delete import SQLDeleteCompiler
from .insert import SQLInsertCompiler
from .update import SQLUpdateCompiler

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]
