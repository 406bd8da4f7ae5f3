"""`python -m benchmarks`: what it writes and prints, and what it says about wrong arguments."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import pytest

from benchmarks import ROOT
from benchmarks.__main__ import main
from benchmarks.charts import NAMES, charts
from benchmarks.groups import GROUPS, Goal, bulk, cached_reads, group, misses, throughput
from benchmarks.report import as_json, meaning, rows
from benchmarks.support import node, postgresql
from benchmarks.support.load_generator import Load, run
from benchmarks.turns import Process, left_out
from tests.support import http_server

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
    assert all(figure["wall"] > 0 for figure in figures.values())
    assert all(figure["cpu"] >= 0 for (_, name), figure in figures.items() if name != local.REAL)

    (heading,) = local.TABLES
    printed = capsys.readouterr().out
    assert f"{local.TITLE}: 1 round," in printed
    assert f"\n{heading}\nTime of one: less is faster.\n" in printed
    assert all(f"\n{name} " in printed for name in local.CONTENDERS)

    chart = ElementTree.parse(tmp_path / "local-1.svg").getroot()
    assert chart.tag == f"{SVG}svg"
    assert len(chart.findall(f"{SVG}rect")) == len(figures)


# Figures that are the same in every run, which docs/performance names.
COUNTS = {
    "misses": {
        **{(misses.CONNECTIONS, name): 0 for name in misses.CONTENDERS if name != misses.SDK},
        (misses.CONNECTIONS, misses.SDK): misses.READS,
    },
    "bulk": {
        (bulk.REQUESTS + bulk.CREATE, bulk.TABLE): 10,
        (bulk.REQUESTS + bulk.OWN, bulk.TABLE): 30,
        (bulk.REQUESTS + bulk.OWN, bulk.MODEL): 40,
        (bulk.REQUESTS + bulk.DELETE, bulk.TABLE): 1,
        (bulk.REQUESTS + bulk.CREATE, bulk.ONE_BY_ONE): 1_000,
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in GROUPS if name != "local"])
def test_one_round_of_each_group_has_a_figure_for_each_cell(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--only", name, "--minutes", "0", "--quick"]
    subprocess.run([*command, "--output", str(tmp_path)], cwd=ROOT, check=True)
    result = json.loads((tmp_path / "benchmarks.json").read_text())["groups"][name]
    assert {figure["contender"] for figure in result["figures"]} == set(result["contenders"]) - set(result["left_out"])
    measures = {measure for columns in result["tables"].values() for measure in columns.values()}
    assert {figure["measure"] for figure in result["figures"]} == measures
    numbers = {(figure["measure"], figure["contender"]): figure.get("number") for figure in result["figures"]}
    assert {key: numbers[key] for key in COUNTS.get(name, {})} == COUNTS.get(name, {})
    bounds = [
        goal for goal in group(name).GOALS if not {goal.of[1], (goal.than or goal.of)[1]} & set(result["left_out"])
    ]
    assert len(result["goals"]) == len(bounds)


def _misses(seconds: float) -> dict[str, object]:
    """The result of a read that takes so long where Appwrite's SDK takes one second."""
    measure = misses.measure("default", 1)
    times = {misses.TABLE: seconds, misses.SDK: 1.0}
    result = as_json(misses, {(measure, name): {"wall": time, "cpu": time} for name, time in times.items()})
    return {**result, "tables": {"a row": {"1 row by id": measure}, "no figure": {"none": "none"}}}


def test_a_table_says_what_its_figures_are_and_small_ones_keep_a_digit() -> None:
    result = _misses(0.0042)
    (columns, empty) = result["tables"].values()
    assert meaning(result, columns) == "In multiples of Appwrite's SDK: less is faster."
    assert rows(result, columns)[misses.TABLE] == ["0.004 (0.004)"]
    assert meaning(result, empty) == ""


@pytest.mark.parametrize(("seconds", "beyond"), [(0.1, "base"), (2.0, "bar"), (20.0, "bar")])
def test_the_labels_of_a_chart_are_right_of_the_bars_and_of_the_line_of_the_base(seconds: float, beyond: str) -> None:
    chart = ElementTree.fromstring(next(charts(_misses(seconds))))
    (line,) = chart.findall(f"{SVG}line")
    bar = next(chart.iter(f"{SVG}rect"))
    ends = {"base": float(line.attrib["x1"]), "bar": NAMES + float(bar.attrib["width"])}
    (label,) = (text for text in chart.iter(f"{SVG}text") if (text.text or "").startswith(f"{seconds:.2f}"))
    assert float(label.attrib["x"]) == pytest.approx(max(ends.values()) + 4, abs=0.1)
    assert max(ends, key=lambda name: ends[name]) == beyond
    assert (label.text == f"{seconds:.2f} (cut)") == (seconds == 20.0)


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


def test_a_contender_on_node_is_left_out_without_node(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = node.missing.__wrapped__("appwrite-orm")
    assert reason == "appwrite-orm is an npm package: install Node.js 18 or later, with npm"


def test_a_contender_on_node_is_left_out_with_the_error_of_npm(tmp_path: Path, monkeypatch) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'npm error: no registry' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(node, "FOLDER", tmp_path / "run")
    assert node.missing.__wrapped__("appwrite-orm") == "npm does not install appwrite-orm: npm error: no registry"


@pytest.mark.slow
def test_a_script_on_node_measures_and_reports_its_errors(tmp_path: Path) -> None:
    if (reason := node.missing("appwrite-orm")) is not None:
        pytest.skip(reason)
    assert node.installed("appwrite-orm") == node.PACKAGES["appwrite-orm"]
    with (
        http_server.running(tmp_path / "rows.sqlite3") as endpoint,
        node.running("appwrite_orm.mjs", endpoint) as script,
    ):
        for command in ("create", "update", "hit", "walk", "delete"):
            figures = node.OnNode(script, command, {"rows": 3, "every": True, "table": "products"}).measure()
            assert set(figures) == {"wall", "cpu"}
            assert figures["wall"] > 0
        assert script.run("walk", table="products")["rows"] == 0
        assert script.run("walk", table="archive")["rows"] == 1
        with pytest.raises(RuntimeError, match=r"appwrite_orm.mjs, run: TypeError: .*not a function"):
            script.run("run")


def test_a_contender_on_postgresql_is_left_out_without_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql, "FOLDERS", str(tmp_path))
    monkeypatch.setattr(postgresql, "programs", postgresql.programs.__wrapped__)
    reasons = left_out(group("throughput"))
    reason = "there is no PostgreSQL server: apt-get install postgresql"
    assert all(reason in reasons[name] for name in throughput.CONTENDERS if "PostgreSQL" in name)
    assert all(reason not in reasons.get(name, "") for name in (throughput.TABLE, throughput.MODEL))


@pytest.mark.parametrize(
    ("name", "contenders"),
    [
        ("bulk", set(bulk.CONTENDERS)),
        ("misses", set(misses.CONTENDERS)),
        ("cached_reads", {cached_reads.ORM, cached_reads.SDK}),
        ("throughput", {throughput.FLOOR, throughput.TABLE, throughput.MODEL}),
    ],
)
def test_contenders_with_a_local_appwrite_over_http_are_left_out_without_what_serves_it(
    name: str, contenders: set[str], monkeypatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None if module == "websockets" else find(module))
    reasons = left_out(group(name))
    assert {which for which, reason in reasons.items() if "websockets is not installed" in reason} == contenders


@pytest.mark.slow
def test_a_postgresql_is_started_and_ended() -> None:
    if (reason := postgresql.missing()) is not None:
        pytest.skip(reason)
    with postgresql.running() as database:
        socket = Path(database["HOST"], f".s.PGSQL.{database['PORT']}")
        assert socket.is_socket()
    assert not socket.parent.exists()


class Site(BaseHTTPRequestHandler):
    """Pages with the ETag "1". One that is read for the first time is a miss, and /missed/ is one each time."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[set[str]] = set()
    closes = False

    def do_GET(self) -> None:
        current = self.headers["If-None-Match"] == '"1"'
        self.send_response(304 if current else 200)
        self.send_header("ETag", '"1"')
        self.send_header("X-Cache-Status", "HIT" if self.path in self.seen - {"/missed/"} else "MISS")
        if self.closes:
            self.send_header("Connection", "close")
        if not current:
            self.send_header("Content-Length", "5")
        self.end_headers()
        if not current:
            self.wfile.write(b"page\n")
        self.seen.add(self.path)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port(request) -> Iterator[int]:
    """That of a server whose connections stay open, or with a parameter do not."""
    handler = type("OwnSite", (Site,), {"seen": set(), **getattr(request, "param", {})})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False  # so that its end is that of all connections
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("port", [{}, {"closes": True}], indirect=True, ids=["kept", "closed"])
def test_the_load_has_the_rate_of_hits_that_it_was_asked_for(port: int) -> None:
    load = Load(port, "/page/?from={rank}", 0.1, connections=3, ranks=[1, 2], new=1, of=10, first=100)
    outcome = run(load)
    assert outcome.statuses == {"200": outcome.requests}
    assert outcome.new == -(-outcome.requests // 10)
    assert outcome.hits == outcome.requests - outcome.new
    assert 0 < outcome.median <= outcome.p99 <= outcome.seconds


def test_the_load_sends_the_last_etag(port: int) -> None:
    assert set(run(Load(port, "/page/", 0.1, tags=True)).statuses) == {"304"}


@dataclass
class Port:
    """A server of which only the port is used."""

    port: int
    processes: list[int] = field(default_factory=lambda: [os.getpid()])


def test_a_rate_is_refused_for_other_responses_than_intended(port: int) -> None:
    load = Load(port, "/page/", 0.1)
    measured = throughput.Rate(Port(port), load, counted=True).measure()
    assert measured["rate"] == pytest.approx(1 / measured["wall"])
    assert measured["cpu"] > 0
    with pytest.raises(RuntimeError, match=r"/page/: responses are {'200': .*}, not all 304"):
        throughput.Rate(Port(port), load, status="304").measure()
    nothing_cached = throughput.Rate(Port(port), Load(port, "/missed/", 0.1), counted=True)
    with pytest.raises(RuntimeError, match=r"/missed/: {'MISS': .*} of .* responses with 0 new pages"):
        nothing_cached.measure()


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
