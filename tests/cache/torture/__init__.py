"""Several processes read and write through a real Redis and a faulty network while a log is kept of all they saw.

`worker` is one such process, of tables or of models, `run` lets them loose, `checker` looks through the logs for a
read that misses what it must show. `python -m tests.cache.torture --minutes N` does it for long; `--models` for models.
"""
