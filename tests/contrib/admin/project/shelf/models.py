from django.db import models


class Maker(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Shelf(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Item(models.Model):
    name = models.CharField(max_length=100)
    stock = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    is_sold = models.BooleanField(default=False)
    made_on = models.DateField(null=True, blank=True)
    sold_at = models.DateTimeField(null=True, blank=True)
    weight = models.FloatField(null=True, blank=True)
    remark = models.TextField(blank=True)
    maker = models.ForeignKey(Maker, models.CASCADE, null=True, blank=True)
    shelf = models.ForeignKey(Shelf, models.CASCADE, null=True, blank=True)
    tags = models.ManyToManyField(Tag, blank=True)

    def __str__(self):
        return self.name


class Review(models.Model):
    item = models.ForeignKey(Item, models.CASCADE)
    text = models.CharField(max_length=100)
    stars = models.IntegerField(default=3)

    def __str__(self):
        return self.text


class Notice(models.Model):
    text = models.CharField(max_length=100)

    class Appwrite:
        permissions = ['read("any")', 'create("users")']

    def __str__(self):
        return self.text


class Poster(models.Model):
    text = models.CharField(max_length=100)

    class Appwrite:
        permissions = ['read("any")']
