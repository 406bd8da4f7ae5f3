"""What the check of the pages' style finds, and what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import style

LONG = "You " + "write " * 25 + "`a.b c`."


def test_a_long_sentence_is_found_in_its_line() -> None:
    text = f"# Title\n\nOne. Two\nlines? {LONG} Three.\n\n- An item: 1.9.6, e.g. this.\n- {LONG}\n"
    assert [(one.line, one.what[:9]) for one in style.findings(text)] == [(4, "27 words:"), (7, "27 words:")]


def test_a_sentence_in_two_lines_has_the_line_where_it_starts() -> None:
    long = LONG.replace("write write", "write\nwrite")
    assert [one.line for one in style.findings(f"Short.\n{long}\n")] == [2]


def test_the_cells_of_a_table_are_read_one_by_one() -> None:
    half = "word " * 14
    assert style.findings(f"| a | b |\n| --- | --- |\n| {half} | {half} |\n") == []
    assert [one.line for one in style.findings(f"| a |\n| --- |\n| b |\n| {half}{half} |\n")] == [4]


def test_code_is_not_read_and_counts_as_one_word() -> None:
    text = f"Use `{'told ' * 30}`.\n\n```text\n{LONG}\n```\n\n    {LONG}\n\n[A link](told.md) and {{ref}}`told`.\n"
    assert style.findings(text) == []


def test_a_note_is_read() -> None:
    assert [one.line for one in style.findings(f"Text.\n\n```{{note}}\n{LONG}\n```\n")] == [4]


@pytest.mark.parametrize(
    "sentence",
    [
        "It is no row.",
        "Send it anew.",
        "Appwrite is asked first.",
        "The token is then deleted by the writer.",
        "The answer is a row.",
        "In `id` stands the key.",
        "We simply save.",
    ],
)
def test_a_word_or_passive_is_found(sentence: str) -> None:
    assert style.findings(f"Fine. {sentence}")


@pytest.mark.parametrize(
    "sentence",
    [
        "There is no row, `told`, an in-doubt marker and what is no longer there.",
        "Rows are sorted by name.",
        "The cache is on by default.",
        "The result is cached.",
        "You set it by calling `set()`.",
    ],
)
def test_plain_sentences_are_fine(sentence: str) -> None:
    assert style.findings(sentence) == []


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(style, "ROOT", tmp_path)
    return tmp_path / "page.md"


@pytest.mark.parametrize("is_named", [False, True])
def test_a_page_with_findings_fails(page: Path, capsys: pytest.CaptureFixture[str], is_named: bool) -> None:
    page.write_text("Send it again.\n\nSend it anew.\n")
    assert style.main([str(page)] if is_named else []) == 1
    assert capsys.readouterr().out == 'page.md:3: "anew" (again): Send it anew.\n'


def test_pages_without_findings_pass(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page.write_text("Send it again.\n")
    assert style.main([]) == 0
    assert capsys.readouterr().out == ""
