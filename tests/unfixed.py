"""Tests that show a defect of a real server which the client does not get round yet: name by name, until it does.

Only the strict local Appwrite has these defects. A test here that passes is an error: take its line away.
"""

from __future__ import annotations

import pytest

UNFIXED = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        reason = UNFIXED.get(item.nodeid.rpartition("/")[2].partition("[")[0])
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=f"the client meets the server's defect {reason}", strict=True))
