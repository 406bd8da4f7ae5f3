from django.db import models


class Memo(models.Model):
    text = models.CharField(max_length=100)
    read_at = models.DateTimeField(null=True, blank=True)
