"""`python -m benchmarks`: what it writes and prints, and what it says about wrong arguments."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import main
from benchmarks.groups import GROUPS, Goal, group
from benchmarks.report import as_json
from benchmarks.turns import Process

SVG = "{http://www.w3.org/2000/svg}"


def test_one_round_writes_json_and_charts_and_prints_tables(tmp_path: Path, capsys) -> None:
    main(["--only", "local", "--minutes", "0", "--output", str(tmp_path)])
    run = json.loads((tmp_path / "benchmarks.json").read_text())
    assert set(run) == {"machine", "versions", "started", "load_average", "groups"}
    assert set(run["machine"]) == {"system", "processor", "cores", "memory"}
    assert {"python", "django", "redis", "redis-server"} <= set(run["versions"])
    assert len(run["load_average"]) == 3

    assert set(run["groups"]) == {"local"}
    result = run["groups"]["local"]
    local = group("local")
    assert (result["title"], result["rounds"], result["left_out"]) == (local.TITLE, 1, {})
    measures = {measure for columns in local.TABLES.values() for measure in columns.values()}
    figures = {(figure["measure"], figure["contender"]): figure for figure in result["figures"]}
    assert set(figures) == {(measure, name) for measure in measures for name in local.CONTENDERS}
    assert all(figure["wall"] > 0 and figure["cpu"] >= 0 for figure in figures.values())

    (heading,) = local.TABLES
    printed = capsys.readouterr().out
    assert f"{local.TITLE}: 1 round," in printed
    assert f"\n{heading}\n" in printed
    assert all(f"\n{name} " in printed for name in local.CONTENDERS)

    chart = ElementTree.parse(tmp_path / "local-1.svg").getroot()
    assert chart.tag == f"{SVG}svg"
    assert len(chart.findall(f"{SVG}rect")) == len(figures)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in GROUPS if name != "local"])
def test_one_round_of_each_group_has_a_figure_for_each_cell(name: str, tmp_path: Path) -> None:
    main(["--only", name, "--minutes", "0", "--output", str(tmp_path)])
    result = json.loads((tmp_path / "benchmarks.json").read_text())["groups"][name]
    contenders = group(name)
    assert {figure["contender"] for figure in result["figures"]} == set(contenders.CONTENDERS) - set(result["left_out"])
    measures = {measure for columns in contenders.TABLES.values() for measure in columns.values()}
    assert {figure["measure"] for figure in result["figures"]} == measures
    bounds = [
        goal for goal in contenders.GOALS if not {goal.of[1], (goal.than or goal.of)[1]} & set(result["left_out"])
    ]
    assert len(result["goals"]) == len(bounds)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nothing"], "cached_reads"),
        (["--minutes", "-1"], "'-1' is not a number of minutes, from 0"),
        (["--minutes", "soon"], "'soon' is not a number of minutes, from 0"),
        (["--minutes", "inf"], "'inf' is not a number of minutes, from 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], message: str, capsys) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_a_contender_that_fails_is_named(capfd) -> None:
    process = Process("startup", "nobody")
    with pytest.raises(RuntimeError, match="'startup: nobody' has ended"):
        process.read()
    process.close()
    assert "KeyError: 'nobody'" in capfd.readouterr().err


class Reads:
    """A group whose figures are known."""

    TITLE = "Reads"
    CONTENDERS = {"bare": "json", "ours": "json", "theirs": "json"}
    TABLES = {"one": {"1 row": "1 row"}}
    BASE = {"1 row": ("1 row", "bare")}
    GOALS = [
        Goal(("1 row", "ours"), than=("1 row", "bare"), at_most=2.5),
        Goal(("1 row", "ours"), than=("1 row", "theirs"), at_least=3),
        Goal(("1 row", "ours"), at_most=1.0),
        Goal(("1 row", "absent"), at_most=1.0),
    ]

    def prepare(self, name, stack):
        raise NotImplementedError


def test_goals_are_judged_by_clock_and_processor() -> None:
    figures = {
        ("1 row", "bare"): {"wall": 1.0, "cpu": 0.5},
        ("1 row", "ours"): {"wall": 2.0, "cpu": 1.5},
        ("1 row", "theirs"): {"wall": 8.0, "cpu": 3.0},
    }
    result = as_json(Reads(), figures)
    assert [figure["of_base"] for figure in result["figures"]] == [
        {"wall": 1.0, "cpu": 1.0},
        {"wall": 2.0, "cpu": 3.0},
        {"wall": 8.0, "cpu": 6.0},
    ]
    assert [(goal["figure"], goal["met"]) for goal in result["goals"]] == [
        ({"wall": 2.0, "cpu": 3.0}, {"wall": True, "cpu": False}),
        ({"wall": 4.0, "cpu": 2.0}, {"wall": True, "cpu": False}),
        ({"wall": 2.0, "cpu": 1.5}, {"wall": False, "cpu": False}),
    ]
