from django.db import models

from django_appwrite_orm.models import ArrayField, RowPermissions


class Memo(models.Model):
    text = models.CharField(max_length=100)
    read_at = models.DateTimeField(null=True, blank=True)


class Paper(RowPermissions):
    text = models.CharField(max_length=100)
    times = ArrayField(models.DateTimeField(), default=list, blank=True)
    notes = ArrayField(models.TextField(), default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Appwrite:
        row_security = True
