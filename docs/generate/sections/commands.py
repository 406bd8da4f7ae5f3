"""The commands of manage.py, from their parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from ..markdown import code, table

APP = "django_appwrite_orm"


def _commands() -> str:
    names = sorted(name for name, app in get_commands().items() if app == APP and name.endswith("_appwrite"))
    return "\n".join(_command(name) for name in names)


def _command(name: str) -> str:
    command = load_command_class(APP, name)
    parser = command.create_parser("manage.py", name)
    common = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    actions = [action for action in parser._actions if action.dest not in common]
    usage = " ".join(["manage.py", name, *map(_use, actions)])
    rows = [[code(_names(action)), _help(action, parser)] for action in actions]
    return f"## `{name}`\n\n{command.help}\n\n```text\n{usage}\n```\n\n{table(['Argument', 'Meaning'], rows)}"


def _use(action: argparse.Action) -> str:
    if not action.option_strings:
        name = action.metavar or action.dest
        return {"*": f"[{name} ...]", "?": f"[{name}]"}.get(str(action.nargs), str(name))
    text = " ".join([action.option_strings[0], *_value(action)])
    return text if action.required else f"[{text}]"


def _value(action: argparse.Action) -> Iterator[str]:
    if action.nargs != 0:
        yield str(action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper()))


def _names(action: argparse.Action) -> str:
    return " ".join([", ".join(action.option_strings), *_value(action)]) if action.option_strings else action.dest


def _help(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    return (action.help or "") % {**vars(action), "prog": parser.prog}


SECTIONS = {"commands": _commands}
