"""The progress line of load_appwrite, dump_appwrite and warm_appwrite: on a terminal only, and never in the output."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper

from django_appwrite_orm.management.progress import ProgressLine
from tests.support.library.tables import Reader

pytestmark = pytest.mark.usefixtures("library")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        """What is left to see of each line when carriage returns overwrite it."""
        seen = []
        for line in self.getvalue().split("\n"):
            shown = ""
            for part in line.split("\r"):
                shown = part + shown[len(part) :]
            seen.append(shown.rstrip())
        return seen


def test_an_update_overwrites_the_one_before_and_the_end_clears_it() -> None:
    terminal = Terminal()
    with ProgressLine(OutputWrapper(terminal)) as progress:
        progress.update("books: 100 rows")
        progress.update("short")
        assert terminal.lines == ["short"]
        progress.clear()
        assert terminal.lines == [""]
        progress.update("again")
    assert terminal.lines == [""]
    assert "\n" not in terminal.getvalue()


def test_a_text_wider_than_the_terminal_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    ProgressLine(OutputWrapper(terminal)).update("x" * 50)
    assert terminal.lines == ["x" * 19]


def test_nothing_is_written_where_the_stream_is_not_a_terminal() -> None:
    stream = io.StringIO()
    with ProgressLine(OutputWrapper(stream)) as progress:
        progress.update("books: 100 rows")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_dump_and_load_show_it_on_a_terminal_and_leave_only_their_lines(
    tmp_path: Path, kind: type[io.StringIO]
) -> None:
    Reader.objects.create(name="Ada")
    file, dumped, loaded = tmp_path / "rows.jsonl", kind(), kind()
    call_command("dump_appwrite", "library_reader", output=str(file), stderr=dumped)
    with file.open("a", encoding="utf-8") as rows:
        rows.write('{"table": "nothing", "row": {}}\n')
    with pytest.raises(CommandError, match="1 rows were refused"):
        call_command("load_appwrite", str(file), "library_reader", stdout=io.StringIO(), stderr=loaded)
    assert ("\r" in dumped.getvalue()) == ("\r" in loaded.getvalue()) == (kind is Terminal)
    left = [
        line for stream in (dumped, loaded) for line in re.sub(r"[^\n]*\r", "", stream.getvalue()).split("\n") if line
    ]
    assert left == [
        "library_reader: 1 rows",
        "Line 2, table nothing, row None: there is no table 'nothing' among those to be loaded",
    ]


def test_dump_to_a_terminal_shows_no_progress_between_the_rows() -> None:
    Reader.objects.create(name="Ada")
    output, errors = Terminal(), Terminal()
    call_command("dump_appwrite", "library_reader", stdout=output, stderr=errors)
    assert "\r" not in output.getvalue() + errors.getvalue()


def test_warm_shows_it_on_a_terminal_and_leaves_only_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader._meta, "warm", (lambda readers: readers.all(),))
    output, errors = io.StringIO(), Terminal()
    call_command("warm_appwrite", "library_reader", stdout=output, stderr=errors)
    assert "1 of 1" in errors.getvalue()
    assert errors.lines == [""]
    assert output.getvalue().startswith("library_reader: 0 rows in ")
