"""Predict the load of a large site, and check the prediction: `python -m benchmarks.site`.

`formulas` computes rates, `simulation` runs the cache protocol itself under a virtual clock, and `real` runs a small
site with a real Redis. All three take a `Workload`. docs/performance/large-sites.md describes them.
"""
