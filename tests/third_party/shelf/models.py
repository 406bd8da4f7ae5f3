from __future__ import annotations

import reversion
from django.db import models
from simple_history.models import HistoricalRecords
from taggit.managers import TaggableManager


@reversion.register()
class Book(models.Model):
    title = models.CharField(max_length=100)
    pages = models.IntegerField()

    tags = TaggableManager()
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.title
