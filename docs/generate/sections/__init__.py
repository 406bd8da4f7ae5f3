"""The generated parts, by the names that pages use."""

from __future__ import annotations

from collections.abc import Callable

from . import (
    api,
    checks,
    columns,
    commands,
    exceptions,
    fields,
    headers,
    limits,
    lookups,
    requirements,
    settings,
    signals,
)

SECTIONS: dict[str, Callable[[], str]] = {
    **settings.SECTIONS,
    **commands.SECTIONS,
    **checks.SECTIONS,
    **exceptions.SECTIONS,
    **signals.SECTIONS,
    **headers.SECTIONS,
    **columns.SECTIONS,
    **fields.SECTIONS,
    **lookups.SECTIONS,
    **limits.SECTIONS,
    **api.SECTIONS,
    **requirements.SECTIONS,
}
