"""Measurements that anybody can repeat: `python -m benchmarks`. docs/internals/benchmarks.md describes them."""
