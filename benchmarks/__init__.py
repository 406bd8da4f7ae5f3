"""Measurements that anybody can repeat: `python -m benchmarks`. docs/internals/benchmarks.md describes them."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
