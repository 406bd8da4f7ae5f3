"""The guide about tasks, run by Django and by a worker of Celery."""

from __future__ import annotations

from pathlib import Path

import django
import pytest

from tests.support.guides import check_guide, guide_files

NAME = "celery-and-django-tasks"
BLOCKS = guide_files(f"how-to/{NAME}.md")


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has tasks from 6.0 on")
def test_tasks_of_django(tmp_path: Path) -> None:
    check_guide(NAME, tmp_path, [block for block in BLOCKS if "celery" not in block.text.lower()])


@pytest.mark.slow
def test_tasks_of_celery(tmp_path: Path) -> None:
    files = ("shop/jobs.py", "shop/views.py", "config/urls.py")  # of django.tasks, which not every Django has
    blocks = [block for block in BLOCKS if block.file not in files]
    check_guide(NAME, tmp_path, blocks, steps="celery_and_django_tasks_celery")
