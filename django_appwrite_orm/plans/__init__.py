"""Reads and writes of Appwrite as immutable data, and the requests that they become."""

from .clauses import EVERYTHING, NOTHING, Clause, conjunction, disjunction, surely_fit
from .columnar import ColumnarRows, Prepared, RowShape, column_values, copies
from .keyset import BY_SEQUENCE, beyond
from .limits import BULK_LIMIT, GROUPS_LIMIT, OPERATIONS_LIMIT, SHOWN_LIMIT, TEXT_LIMIT
from .negation import negation
from .page_progress import Progress
from .reads import AggregateRows, CountRows, GetRow, ListRows
from .requests import PlanFlow, ReadPlan, Request, RequestFlow, Response, Step, TableRef, summary, version
from .splitting import Split, fits, has_room, size_in_url, split
from .writes import (
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    IncrementRow,
    UpdateRow,
    UpdateRows,
    WritePlan,
    begin_transaction,
    end_transaction,
    stage_operations,
    staged,
)

__all__ = [
    "BULK_LIMIT",
    "BY_SEQUENCE",
    "EVERYTHING",
    "GROUPS_LIMIT",
    "NOTHING",
    "OPERATIONS_LIMIT",
    "SHOWN_LIMIT",
    "TEXT_LIMIT",
    "AggregateRows",
    "Clause",
    "ColumnarRows",
    "CountRows",
    "CreateRow",
    "CreateRows",
    "DeleteRow",
    "DeleteRows",
    "GetRow",
    "IncrementRow",
    "ListRows",
    "PlanFlow",
    "Prepared",
    "Progress",
    "ReadPlan",
    "Request",
    "RequestFlow",
    "Response",
    "RowShape",
    "Split",
    "Step",
    "TableRef",
    "UpdateRow",
    "UpdateRows",
    "WritePlan",
    "begin_transaction",
    "beyond",
    "column_values",
    "conjunction",
    "copies",
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
    "surely_fit",
    "version",
]
