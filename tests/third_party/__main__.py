"""Migrate each of the third-party apps from nothing to its newest migration, and use its main models.

    python -m tests.third_party [app ...]

Prints one JSON object for each step: {"step": ..., "app": ..., "problem": ""}. Exit status 1 means that one failed.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence

import django
from django.core.management import call_command

from .apps import NAMES


def main(arguments: Sequence[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.third_party.settings"
    django.setup()
    from django.apps import apps

    from .exercises import EXERCISES

    names = [name for name in NAMES if not arguments or name in arguments]
    labels = {config.name: config.label for config in apps.get_app_configs()}
    labels["simple_history"] = "shelf"  # its models are made beside those of a project
    good = True
    for name in names:
        good &= step("migrate", name, lambda name=name: call_command("migrate", labels[name], verbosity=0))
    good &= step("migrate", "the rest", lambda: call_command("migrate", verbosity=0))
    good &= step("no changes", "the rest", lambda: call_command("migrate", check_unapplied=True, verbosity=0))
    for name in names:
        good &= step("use", name, EXERCISES[name])
    return 0 if good else 1


def step(kind: str, app: str, action: Callable[[], object]) -> bool:
    problem = ""
    try:
        action()
    except (Exception, SystemExit):
        problem = traceback.format_exc()
    print(json.dumps({"step": kind, "app": app, "problem": problem}), flush=True)
    return not problem


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
