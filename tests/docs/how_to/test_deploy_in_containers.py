"""What the image and the services run, without a container: the same commands, in the same environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.support import redis_server, scoped_keys
from tests.support.deployments import deployed, request
from tests.support.pages import code_blocks
from tests.support.ports import free_port

PAGE = "how-to/deploy-in-containers.md"
(IMAGE,) = [block.text for block in code_blocks(PAGE, "dockerfile")]
(COMPOSE,) = [block.text for block in code_blocks(PAGE, "yaml")]


def words(instruction: str, text: str) -> list[str]:
    """The list after an instruction of the Dockerfile, or after a key of a service."""
    (found,) = re.findall(rf"{instruction}.*?(\[.*\])$", text, re.MULTILINE)
    return json.loads(found)


def service(name: str) -> str:
    """The lines of one service of compose.yaml."""
    (found,) = re.findall(rf"^  {name}:\n((?:    .*\n)+)", COMPOSE, re.MULTILINE)
    return found


def here(command: list[str], port: int) -> list[str]:
    """A command of the page as it runs on this machine."""
    programs = {"python": sys.executable, "gunicorn": str(Path(sys.executable).with_name("gunicorn"))}
    replaced = [word.replace("0.0.0.0", "127.0.0.1").replace("8000", str(port)) for word in command]
    return [programs.get(replaced[0], replaced[0]), *replaced[1:]]


def environment(**known: str) -> dict[str, str]:
    """What compose passes to the site, from variables of this machine."""
    lines = re.findall(r"^    (\w+): (.*)$", COMPOSE.partition("environment:\n")[2].partition("  depends_on")[0], re.M)
    assert {name for name, _ in lines} == set(known)
    return {name: known[name] if "$" in value or name == "REDIS_URL" else value for name, value in lines}


def test_the_image_runs_without_rights() -> None:
    steps = [line.split()[0] for line in IMAGE.splitlines() if line and not line.startswith("#")]
    assert steps.index("COPY") < steps.index("USER") < steps.index("CMD")
    (user,) = re.findall(r"^USER (\w+)$", IMAGE, re.MULTILINE)
    assert re.search(rf"^RUN useradd .*--uid [1-9]\d+ {user}$", IMAGE, re.MULTILINE)


def test_the_redis_evicts_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    program, *arguments = words("command:", service("redis"))
    assert program == "redis-server"
    server = redis_server.Server(*arguments)
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert (client.config_get("save"), client.config_get("appendonly")) == ({"save": ""}, {"appendonly": "no"})
    finally:
        server.close()


@pytest.mark.slow
def test_the_services(tmp_path: Path) -> None:
    pages = (PAGE, "how-to/health-checks.md")
    with deployed(tmp_path, *pages, key="serving") as site:
        site.appwrite.keys["serving"] = frozenset({"rows.read", "rows.write", "users.write"})
        site.appwrite.keys["schema"] = scoped_keys.EVERYTHING
        port = free_port()
        site.environment = {
            **environment(**site.environment),
            "SCHEMA_KEY": "schema",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        before = sorted(path for path in tmp_path.rglob("*") if "sqlite3" not in path.name)

        def run(command: list[str]) -> subprocess.CompletedProcess[str]:
            # Compose reads `$$` as one dollar sign.
            line = [word.replace("$$", "$") for word in here(command, port)]
            return subprocess.run(line, cwd=tmp_path, env=site.full(), capture_output=True, text=True, check=False)

        migrated = run(words("command:", service("migrate")))
        assert migrated.returncode == 0, migrated.stdout + migrated.stderr
        assert site.appwrite.used["schema"] > 0
        health = words("HEALTHCHECK", IMAGE)
        assert run(health).returncode != 0  # nothing serves yet
        gunicorn = ["gunicorn", *here(words("^CMD", IMAGE), port)[1:]]
        with site.serving(gunicorn, port):
            assert run(health).returncode == 0
            assert request(port, "/products/").headers["X-Cache-Status"] == "HIT"
            assert request(port, "/health/").body == '{"status": "ok", "connections": {"default": "ok"}}'
        assert sorted(path for path in tmp_path.rglob("*") if "sqlite3" not in path.name) == before
        assert words("command:", service("listener")) == ["python", "manage.py", "listen_appwrite"]
