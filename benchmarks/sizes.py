"""Sizes of a measurement, and smaller ones for `python -m benchmarks --quick`, which shows that everything runs.

The processes of contenders know of `--quick` by a variable of the environment, which they inherit.
"""

from __future__ import annotations

import os
from typing import TypeVar

Size = TypeVar("Size")

VARIABLE = "BENCHMARKS_QUICK"


def sized(usual: Size, quick: Size) -> Size:
    """Return the size for this run."""
    return quick if VARIABLE in os.environ else usual
