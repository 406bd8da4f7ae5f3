"""What `django.setup()` costs a new process, its imports included; the first, uncounted run writes the .pyc files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import partial

from .. import ROOT
from ..cells import Cell, Seconds
from . import Goal

TITLE = "Starting a process"
SETUP = "django.setup()"
PROGRAM = """
import json, sys, time
wall, cpu = time.perf_counter(), time.process_time()
import django
from django.conf import settings
settings.configure(**json.loads(sys.argv[1]))
django.setup()
for module in sys.argv[2:]:
    __import__(module)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""
BACKEND = {"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}}
# Settings, and modules that a project imports meanwhile.
PROJECTS: dict[str, tuple[dict[str, object], list[str]]] = {
    "Django alone": ({}, []),
    "the app alone": ({"INSTALLED_APPS": ["django_appwrite_orm"]}, []),
    "with a table": ({"INSTALLED_APPS": ["django_appwrite_orm", "tests.support.library"]}, []),
    "with the backend": (
        {"INSTALLED_APPS": ["django_appwrite_orm"], "DATABASES": BACKEND},
        ["django_appwrite_orm.backend.base"],
    ),
    "with the backend, at its first query": (
        {"INSTALLED_APPS": ["django_appwrite_orm"], "DATABASES": BACKEND},
        ["django_appwrite_orm.backend.base", "django_appwrite_orm.backend.compile"],
    ),
}
CONTENDERS = dict.fromkeys(PROJECTS, "django")
TABLES = {"a new process": {SETUP: SETUP}}
BASE: dict[str, tuple[str, str]] = {}
GOALS: list[Goal] = []


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    settings, modules = PROJECTS[name]
    command = [sys.executable, "-c", PROGRAM, json.dumps(settings), *modules]
    compiled = stack.enter_context(tempfile.TemporaryDirectory())
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    _run(command, environment)
    return {SETUP: Seconds(partial(_run, command, environment))}


def _run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    wall, cpu = json.loads(done.stdout)
    return wall, cpu
