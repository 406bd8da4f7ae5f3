"""Models with a relation of each kind. `part` is that of the torture in which a row was written: results stay small."""

from __future__ import annotations

from django.db import models

from django_appwrite_orm.models import IDField


class Maker(models.Model):
    id = IDField(primary_key=True)
    part = models.IntegerField(db_index=True)
    number = models.IntegerField(default=0)


class Tag(models.Model):
    slug = models.SlugField(primary_key=True)


class Item(models.Model):
    name = models.CharField(max_length=60, db_index=True)
    part = models.IntegerField(db_index=True)
    is_kept = models.BooleanField(default=True)
    number = models.IntegerField(default=0)
    maker = models.ForeignKey(Maker, models.CASCADE)
    tags = models.ManyToManyField(Tag)
