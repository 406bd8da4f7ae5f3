"""docs/how-to/translate-messages.md: languages, texts of a site's own, and a language that the package has not."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from django.conf import settings
from django.test import override_settings
from django.utils.translation import gettext, override, pgettext

from tests.support.guides import Guide
from tests.support.pages import code_blocks

PAGE = "how-to/translate-messages.md"


@pytest.fixture
def compiled(guide: Guide, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guide]:
    """The project, whose catalogues are compiled as the guide says; Django reads them again."""
    [line] = [line for block in code_blocks(PAGE, "sh") for line in block.text.splitlines() if "pybabel" in line]
    monkeypatch.chdir(guide.folder)
    CommandLineInterface().run(shlex.split(line))
    with override_settings(LOCALE_PATHS=list(settings.LOCALE_PATHS)):
        yield guide


def test_the_snippet_prints_what_the_page_says(compiled: Guide, capsys: pytest.CaptureFixture[str]) -> None:
    block = compiled.block("columns.Integer(min=5)")
    block.run({})
    printed = capsys.readouterr().out.splitlines()
    page = block.page.read_text(encoding="utf-8")
    assert len(printed) == 2
    assert f"It prints `{printed[0]}` and `{printed[1]}`." in page


def test_other_texts_stay_those_of_the_package(compiled: Guide) -> None:
    with override("de"):
        assert gettext("Read again") == "Neu lesen"
    with override("es"):
        assert pgettext("permissions", "Read") == "Lectura"
        assert gettext("Read again") == "Read again"
        assert gettext("Save") == "Guardar"


def test_visitors_get_their_language(compiled: Guide) -> None:
    (compiled.folder / "config" / "urls.py").write_text(
        "from django.urls import path\n"
        "from django_appwrite_orm.exceptions import Unavailable\n"
        "def view(request):\n"
        "    raise Unavailable('down')\n"
        "urlpatterns = [path('', view)]\n"
    )
    with override("en"):
        assert "<h1>Kurze Pause</h1>" in compiled.get("/", **{"Accept-Language": "de"}).text
        assert "<h1>Temporairement indisponible</h1>" in compiled.get("/", **{"Accept-Language": "fr"}).text


def test_the_catalogue_of_the_package_is_where_the_guide_says() -> None:
    [line] = [line for block in code_blocks(PAGE, "sh") for line in block.text.splitlines() if "print" in line]
    python, *words = shlex.split(line)
    assert python == "python"
    path = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True).stdout.strip()
    text = Path(path).read_text(encoding="utf-8")
    for block in code_blocks(PAGE, "po"):
        for entry in block.text.split("\n\n")[1:]:
            known = [line for line in entry.splitlines() if line.startswith(("msgid", "msgctxt"))]
            assert "\n".join(known) in text
