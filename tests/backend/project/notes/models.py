from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=20, unique=True)

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    title = models.CharField(max_length=50)
    tag = models.ForeignKey(Tag, models.CASCADE, null=True)

    def __str__(self) -> str:
        return self.title
