"""A server of 2.5, as far as its aggregates go: made by hand from its SDK and source, for none could be asked.

It leaves everything else to the local Appwrite, and works out what was asked from the rows that match.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from django_appwrite_orm.transport.retry import Attempt

METHODS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": lambda values: sum(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "count": len,
    "countDistinct": lambda values: len(set(values)),
    "stddevPop": lambda values: statistics.pstdev(values) if values else None,
    "stddevSamp": lambda values: statistics.stdev(values) if len(values) > 1 else None,
    "varPop": lambda values: statistics.pvariance(values) if values else None,
    "varSamp": lambda values: statistics.variance(values) if len(values) > 1 else None,
}


@contextmanager
def newer_server(change: Callable[[dict[str, Any]], Any] = lambda row: row) -> Iterator[list[list[dict[str, Any]]]]:
    """The queries of each aggregating request. `change` is done to each row of their answers."""
    asked: list[list[dict[str, Any]]] = []
    perform = Attempt.perform

    def answer(step: Attempt) -> Any:
        if step.request.path == "/health/version":
            return perform(step)._replace(status=200, text='{"version": "2.5.0"}')  # whoever asks
        queries = [json.loads(text) for name, text in step.request.query if name.startswith("queries")]
        if not any(query["method"] in METHODS for query in queries):
            return perform(step)
        asked.append(queries)
        filters = [query for query in queries if query["method"] not in (*METHODS, "groupBy", "limit")]
        every = [*filters, {"method": "limit", "values": [5000]}]
        parameters = tuple((f"queries[{n}]", json.dumps(query)) for n, query in enumerate(every))
        reply = perform(dataclasses.replace(step, request=dataclasses.replace(step.request, query=parameters)))
        rows = [change(row) for row in summed_up(json.loads(reply.text)["rows"], queries)]
        return reply._replace(text=json.dumps({"total": len(rows), "rows": rows}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attempt, "perform", answer)
        yield asked


def summed_up(rows: list[dict[str, Any]], queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by = next((query["values"] for query in queries if query["method"] == "groupBy"), [])
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {} if by else {(): rows}
    for row in reversed(rows) if by else []:  # in no order that anybody may count on
        groups.setdefault(tuple(row[key] for key in by), []).append(row)
    return [
        dict(zip(by, group, strict=True))
        | {query["values"][0]: _value(query, members) for query in queries if query["method"] in METHODS}
        for group, members in groups.items()
    ]


def _value(query: dict[str, Any], rows: list[dict[str, Any]]) -> Any:
    key = query["attribute"]
    values = [1 if key == "*" else int(row[key]) if key == "$sequence" else row[key] for row in rows]
    return METHODS[query["method"]]([value for value in values if value is not None])
