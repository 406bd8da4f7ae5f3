"""Django's runner, with the start method of its processes from the environment."""

import multiprocessing
import os

from django.test.runner import DiscoverRunner

if method := os.environ.get("NOTES_START_METHOD"):
    multiprocessing.set_start_method(method, force=True)


class Runner(DiscoverRunner):
    pass
