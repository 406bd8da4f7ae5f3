"""Loads whose rows are large, that break off, or whose texts come from anybody; and where a dump writes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command

from django_appwrite_orm import columns
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.registry import registry
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.loading import GOOD, loaded, write
from tests.support.migrations import migrated, table

LARGE = table("large", {"app_label": "library"}, text=columns.LongText())


@pytest.fixture(autouse=True)
def tables() -> Any:
    registry.add(LARGE)
    migrated(Book, LARGE)
    yield
    registry.discard(LARGE)


def large(file: Path, *sizes: int) -> Path:
    lines = [
        json.dumps({"table": "large", "row": {"$id": f"r{number}", "text": "x" * size}})
        for number, size in enumerate(sizes)
    ]
    file.write_text("\n".join(lines) + "\n")
    return file


def limited(limit: int) -> Any:
    """A server that refuses bodies of more than so many bytes."""
    perform = Attempt.perform

    def performed(self: Attempt) -> Any:
        body = self.request.body
        if body is not None and len(json.dumps(body)) > limit:
            return Reply(
                413, '{"message": "Too large", "type": "general_payload_too_large"}', is_json=True, retry_after=None
            )
        return perform(self)

    return mock.patch.object(Attempt, "perform", performed)


def posts(requests: list[str]) -> int:
    return sum(request.startswith("POST") for request in requests)


def test_a_request_has_a_megabyte_of_rows_at_most(tmp_path: Path) -> None:
    file = large(tmp_path / "rows", *[300_000] * 10)
    with counted() as costs, limited(1_001_000):
        assert loaded(file) == ("10 rows: 10 created, 0 overwritten, 0 unchanged, 0 refused.", [])
    assert posts(costs.requests) == 4


def test_larger_rows_are_sent_alone(tmp_path: Path) -> None:
    with counted() as costs:
        assert loaded(large(tmp_path / "rows", 5, 3_000_000, 5, 5))[0].startswith("4 rows: 4 created")
    assert posts(costs.requests) == 3


@pytest.mark.parametrize("limit", [100_000, 500_000])
def test_a_row_that_is_too_large_is_reported_and_the_others_are_written(limit: int, tmp_path: Path) -> None:
    file = large(tmp_path / "rows", 90_000, 700_000, 90_000, 90_000)
    with limited(limit):
        said, refused = loaded(file)
    assert said == "1 rows were refused."
    assert refused == ["Line 2, table large, row r1: it has 700,025 bytes, more than the server accepts in a request"]
    assert sorted(row.id for row in LARGE.objects.uncached()) == ["r0", "r2", "r3"]


def test_a_row_that_is_too_large_overwrites_no_row(tmp_path: Path) -> None:
    LARGE.objects.create(id="r0", text="old")
    with limited(100_000):
        assert "it has 200,025 bytes" in loaded(large(tmp_path / "rows", 200_000), "--overwrite")[1][0]
    assert LARGE.objects.uncached().get(pk="r0").text == "old"


class TestBreakingOff:
    def fails_at(self, number: int, error: BaseException) -> Any:
        perform, seen = Attempt.perform, []

        def performed(self: Attempt) -> Any:
            if self.request.method == "POST":
                seen.append(self)
                if len(seen) == number:
                    raise error
            return perform(self)

        return mock.patch.object(Attempt, "perform", performed)

    @pytest.mark.parametrize("error", [Unavailable("It is away."), KeyboardInterrupt()])
    def test_an_interrupted_load_reports_written_rows_and_how_to_continue(
        self, error: BaseException, tmp_path: Path
    ) -> None:
        file = write(tmp_path / "rows", *({"$id": f"b{n}", "title": f"{n}", "price": 1} for n in range(250)))
        with self.fails_at(3, error):
            said, _ = loaded(file)
        assert said.endswith(" 200 rows were written and stay; load the file again to continue.")
        assert said.startswith("Interrupted." if isinstance(error, KeyboardInterrupt) else "It is away.")
        assert loaded(file)[0] == "250 rows: 50 created, 0 overwritten, 200 unchanged, 0 refused."

    def test_a_last_request_without_a_response_is_reported_as_unclear(self, tmp_path: Path) -> None:
        with self.fails_at(1, Unavailable("It is away.", unclear=True)):
            said, _ = loaded(write(tmp_path / "rows", GOOD))
        assert (
            said
            == "It is away. Rows of the last request may have been written and stay; load the file again to continue."
        )

    @pytest.mark.parametrize("name", ["nope.jsonl", "."])
    def test_a_load_without_written_rows_reports_none(self, name: str, tmp_path: Path) -> None:
        said, _ = loaded(tmp_path / name)
        assert "load the file again" not in said

    def test_a_load_whose_rows_were_all_refused_reports_none(self, tmp_path: Path) -> None:
        with self.fails_at(1, Unavailable("It is away.")):
            assert loaded(write(tmp_path / "rows", GOOD))[0] == "It is away."


def test_control_characters_are_escaped_in_messages(tmp_path: Path) -> None:
    file = write(
        tmp_path / "rows",
        {"$id": "\x1b[2Jx\nLine 9: fine", "title": "a", "price": 1},
        '{"table": "\\u001b]0;x\\u0007", "row": {"$id": "x"}}',
        {"$id": "x", "title": "a", "price": "\x9b\u202e"},
    )
    said, refused = loaded(file)
    assert said == "3 rows were refused."
    assert len(refused) == 3
    assert all(line.isprintable() for line in refused)
    assert "row \\x1b[2Jx\\nLine 9: fine" in refused[0]


class TestWhereADumpWrites:
    def test_a_dump_follows_no_symbolic_link(self, tmp_path: Path) -> None:
        victim, output = tmp_path / "victim", tmp_path / "rows"
        victim.write_text("mine")
        (tmp_path / "rows.part").symlink_to(victim)
        call_command("dump_appwrite", "books", output=str(output), stderr=io.StringIO())
        assert victim.read_text() == "mine"
        assert not output.is_symlink()

    def test_two_dumps_at_a_time_use_different_temporary_files(self, tmp_path: Path) -> None:
        output = tmp_path / "rows"
        Book.objects.create(id="b", title="t", price=1)
        perform, inner = Attempt.perform, []

        def again(self: Attempt) -> Any:
            if not inner:
                inner.append(True)
                call_command("dump_appwrite", "books", output=str(output), stderr=io.StringIO())
            return perform(self)

        with mock.patch.object(Attempt, "perform", again):
            call_command("dump_appwrite", "books", output=str(output), stderr=io.StringIO())
        assert len(output.read_text().splitlines()) == 1
        assert list(tmp_path.iterdir()) == [output]

    def test_a_failed_dump_removes_its_temporary_file(self, tmp_path: Path) -> None:
        with mock.patch.object(Attempt, "perform", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            call_command("dump_appwrite", "books", output=str(tmp_path / "rows"), stderr=io.StringIO())
        assert list(tmp_path.iterdir()) == []

    def test_the_mode_of_the_file_follows_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            call_command("dump_appwrite", "books", output=str(tmp_path / "rows"), stderr=io.StringIO())
        finally:
            os.umask(before)
        assert (tmp_path / "rows").stat().st_mode & 0o777 == 0o640
