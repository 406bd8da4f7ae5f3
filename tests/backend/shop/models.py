"""Models of a shop, with a field of every kind."""

from __future__ import annotations

import uuid

from django.db import models

from django_appwrite_orm.models import ArrayField, IDField, SystemFields


class Maker(models.Model):
    name = models.CharField(max_length=100, unique=True)
    country = models.CharField(max_length=2, blank=True)

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    slug = models.SlugField(primary_key=True)


class Product(models.Model):
    name = models.CharField(max_length=100, db_index=True)
    description = models.TextField(blank=True)
    stock = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    weight = models.FloatField(null=True)
    is_sold = models.BooleanField(default=False)
    made_on = models.DateField(null=True)
    sold_at = models.DateTimeField(null=True)
    opens_at = models.TimeField(null=True)
    lasts = models.DurationField(null=True)
    code = models.UUIDField(null=True)
    data = models.JSONField(null=True)
    picture = models.BinaryField(null=True)
    address = models.GenericIPAddressField(null=True)
    maker = models.ForeignKey(Maker, models.CASCADE, null=True)
    tags = models.ManyToManyField(Tag)

    class Meta:
        indexes = [models.Index(fields=["maker", "-stock"], name="maker_stock")]
        constraints = [models.UniqueConstraint(fields=["maker", "name"], name="maker_name")]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    product = models.ForeignKey(Product, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE, null=True)


class Note(models.Model):
    id = IDField(primary_key=True)
    text = models.CharField(max_length=200)
    _order = models.IntegerField(default=0)


class Special(Product):
    discount = models.PositiveIntegerField(default=0)


class Counter(models.Model):
    number = models.IntegerField(primary_key=True)
    batch = models.OneToOneField(Batch, models.CASCADE, null=True)


class Ticket(models.Model):
    id = models.AutoField(primary_key=True)


class Letter(SystemFields):
    text = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["text", "-created_at"], name="text_created")]


class Parcel(models.Model):
    words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    numbers = ArrayField(models.IntegerField(), default=list, blank=True)
    flags = ArrayField(models.BooleanField(), default=list, blank=True)
    sizes = ArrayField(models.FloatField(), default=list, blank=True)
    days = ArrayField(models.DateField(), default=list, blank=True)
    moments = ArrayField(models.DateTimeField(), default=list, blank=True)
    hours = ArrayField(models.TimeField(), default=list, blank=True)
    codes = ArrayField(models.UUIDField(), default=list, blank=True)
    letter = models.ForeignKey(Letter, models.CASCADE, null=True)
