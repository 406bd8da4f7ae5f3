"""What is asked of Appwrite or changed in it, as immutable data, and its form on the wire."""

from .clauses import EVERYTHING, NOTHING, Clause, conjunction, disjunction, negation
from .progress import Progress
from .reads import CountRows, GetRow, ListRows
from .request import Answer, Exchange, ReadPlan, Request, TableRef
from .shapes import summary, version
from .splitting import TEXT_LIMIT, Split, fits, has_room, size_in_url, split
from .sums import GROUPS_LIMIT, SumRows
from .transactions import OPERATIONS_LIMIT, begin_transaction, end_transaction, stage_operations, staged
from .writes import (
    BULK_LIMIT,
    SHOWN_LIMIT,
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    IncrementRow,
    UpdateRow,
    UpdateRows,
    WritePlan,
)

__all__ = [
    "BULK_LIMIT",
    "EVERYTHING",
    "GROUPS_LIMIT",
    "NOTHING",
    "OPERATIONS_LIMIT",
    "SHOWN_LIMIT",
    "TEXT_LIMIT",
    "Answer",
    "Clause",
    "CountRows",
    "CreateRow",
    "CreateRows",
    "DeleteRow",
    "DeleteRows",
    "Exchange",
    "GetRow",
    "IncrementRow",
    "ListRows",
    "Progress",
    "ReadPlan",
    "Request",
    "Split",
    "SumRows",
    "TableRef",
    "UpdateRow",
    "UpdateRows",
    "WritePlan",
    "begin_transaction",
    "conjunction",
    "disjunction",
    "end_transaction",
    "fits",
    "has_room",
    "negation",
    "size_in_url",
    "split",
    "stage_operations",
    "staged",
    "summary",
    "version",
]
