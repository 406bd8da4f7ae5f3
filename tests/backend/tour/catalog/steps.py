"""The steps of the tour, under Django's test runner."""

import datetime
import json
import tempfile
from decimal import Decimal
from pathlib import Path

import django
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.flatpages.models import FlatPage
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import Avg, Count, Exists, F, Max, OuterRef, Prefetch, Q, Subquery, Sum, Value, Window
from django.db.models.functions import Concat, ExtractYear, Lower, RowNumber, TruncMonth
from django.test import TestCase, TransactionTestCase

from catalog.models import Author, Book, Chapter, Genre
from tests.support.costs import counted


class Shelf(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ada, cls.bob = Author.objects.bulk_create([Author(name="Ada"), Author(name="Bob")])
        cls.sea, cls.war = Genre.objects.bulk_create([Genre(name="Sea"), Genre(name="War")])
        cls.books = Book.objects.bulk_create(
            Book(
                title=f"Volume {number}",
                author=cls.ada if number < 4 else cls.bob,
                price=Decimal(number) + Decimal("0.50"),
                stock=number,
                in_print=number != 5,
                published=datetime.date(2020 + number // 3, 1 + number, 3),
            )
            for number in range(6)
        )
        cls.books[0].genres.add(cls.sea, cls.war)
        cls.books[1].genres.add(cls.sea)
        cls.root = User.objects.create_superuser("root", "root@example.org", "secret")


def titles(queryset):
    return sorted(book.title[-1] for book in queryset)


class Rows(Shelf):
    def test_create_read_update_delete(self):
        book = Book.objects.create(title="New", author=self.ada, price=3, published=datetime.date(2024, 1, 1))
        book.refresh_from_db()
        assert book.price == Decimal("3.00")
        book.title = "Newer"
        book.save(update_fields=["title"])
        assert Book.objects.get(pk=book.pk).title == "Newer"
        assert book.delete() == (1, {"catalog.Book": 1})
        with pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk=book.pk)

    def test_get_or_create_and_update_or_create(self):
        assert Author.objects.get_or_create(name="Ada") == (self.ada, False)
        eve, created = Author.objects.get_or_create(name="Eve")
        assert created
        assert Author.objects.update_or_create(name="Eve", defaults={"name": "Eva"}) == (eve, False)
        assert sorted(Author.objects.in_bulk([eve.pk, self.bob.pk])) == sorted([eve.pk, self.bob.pk])

    def test_bulk_operations(self):
        for book in self.books:
            book.stock += 10
        assert Book.objects.bulk_update(self.books, ["stock"]) == 6
        assert Book.objects.aggregate(all=Sum("stock"))["all"] == 75
        assert Book.objects.filter(stock__gt=12).update(stock=F("stock") * 2) == 3
        assert Book.objects.filter(author=self.bob).delete()[0] == 2

    def test_a_taken_value_does_not_end_the_test(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            Author.objects.create(name="ada")
        assert Author.objects.count() == 2

    def test_cascade(self):
        Chapter.objects.create(book=self.books[0], number=1, title="One")
        assert self.ada.delete()[1]["catalog.Book"] == 4
        assert not Chapter.objects.exists()


class Queries(Shelf):
    def test_conditions(self):
        assert titles(Book.objects.filter(Q(stock__lt=2) | ~Q(in_print=True))) == ["0", "1", "5"]
        assert titles(Book.objects.exclude(price__range=(1, 4)).filter(title__icontains="VOL")) == ["0", "4", "5"]
        assert [book.title[-1] for book in Book.objects.order_by("-stock")[1:3]] == ["4", "3"]
        assert titles(Book.objects.filter(published__year=2020)) == ["0", "1", "2"]

    def test_relations(self):
        assert titles(Book.objects.filter(author__name="Bob")) == ["4", "5"]
        assert titles(Book.objects.filter(genres__name__in=["Sea", "War"]).distinct()) == ["0", "1"]
        with counted() as costs:
            assert {book.author.name for book in Book.objects.select_related("author")} == {"Ada", "Bob"}
        assert len(costs.requests) <= 2
        names = Prefetch("genres", Genre.objects.order_by("name"))
        book = Book.objects.prefetch_related(names, "chapters").get(pk=self.books[0].pk)
        assert [genre.name for genre in book.genres.all()] == ["Sea", "War"]
        assert self.ada.books.count() == 4

    def test_aggregates_and_groups(self):
        assert Book.objects.aggregate(Avg("stock"), Max("price")) == {"stock__avg": 2.5, "price__max": Decimal("5.50")}
        counts = Author.objects.annotate(count=Count("books", filter=Q(books__in_print=True))).order_by("name")
        assert [author.count for author in counts] == [4, 1]
        months = Book.objects.annotate(month=TruncMonth("published")).values("month").annotate(n=Count("pk"))
        assert len(months) == 6
        assert list(Book.objects.dates("published", "year")) == [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)]

    def test_subqueries_windows_and_unions(self):
        dearest = Book.objects.filter(author=OuterRef("pk")).order_by("-price").values("title")[:1]
        authors = Author.objects.annotate(dearest=Subquery(dearest)).order_by("name")
        assert [author.dearest for author in authors] == ["Volume 3", "Volume 5"]
        assert titles(Book.objects.filter(Exists(Genre.objects.filter(book=OuterRef("pk"))))) == ["0", "1"]
        ranked = Book.objects.annotate(place=Window(RowNumber(), partition_by="author", order_by="-price"))
        assert sorted(ranked.values_list("place", flat=True)) == [1, 1, 2, 2, 3, 4]
        both = Book.objects.filter(stock=0).union(Book.objects.filter(stock=5))
        assert titles(both) == ["0", "5"]

    def test_expressions(self):
        labels = Book.objects.annotate(label=Concat(Lower("title"), Value("/"), "author__name")).order_by("title")
        assert labels[0].label == "volume 0/Ada"
        years = Book.objects.annotate(year=ExtractYear("published")).filter(year=2021)
        assert titles(years) == ["3", "4", "5"]
        assert "in memory" in labels.explain()


class Dumps(TransactionTestCase):
    def test_dumpdata_and_loaddata(self):
        author, genre = Author.objects.create(name="Ada"), Genre.objects.create(name="Sea")
        book = Book.objects.create(title="Dune", author=author, price=1, published=datetime.date(2020, 1, 1))
        book.genres.add(genre)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.json")
            call_command("dumpdata", "catalog", output=str(path), verbosity=0)
            Author.objects.all().delete()
            Genre.objects.all().delete()
            assert not Book.genres.through.objects.exists()
            call_command("loaddata", str(path), verbosity=0)
        assert Book.objects.get(pk=book.pk).genres.get() == genre
        assert Author.objects.get().pk == author.pk


class Accounts(Shelf):
    def test_a_superuser_is_created_and_logs_in(self):
        call_command("createsuperuser", username="eve", email="eve@example.org", interactive=False, verbosity=0)
        eve = User.objects.get(username="eve")
        assert eve.is_superuser
        eve.set_password("new")
        eve.save()
        assert authenticate(username="eve", password="old") is None
        assert authenticate(username="eve", password="new") == eve
        response = self.client.post("/admin/login/?next=/admin/", {"username": "eve", "password": "new"})
        self.assertRedirects(response, "/admin/")
        assert Session.objects.get().get_decoded()["_auth_user_id"] == str(eve.pk)
        self.client.post("/admin/logout/")
        assert not Session.objects.exists()
        assert self.client.get("/admin/").status_code == 302

    def test_permissions_of_groups(self):
        clerk = User.objects.create_user("clerk", password="secret", is_staff=True)
        group = Group.objects.create(name="clerks")
        group.permissions.add(Permission.objects.get(codename="view_book", content_type__app_label="catalog"))
        clerk.groups.add(group)
        clerk = User.objects.get(pk=clerk.pk)
        assert clerk.has_perm("catalog.view_book")
        assert not clerk.has_perm("catalog.add_book")
        self.client.force_login(clerk)
        assert self.client.get("/admin/catalog/book/").status_code == 200
        assert self.client.get("/admin/catalog/book/add/").status_code == 403
        assert ContentType.objects.get_for_model(Book).model_class() == Book

    def test_sessions(self):
        session = self.client.session
        session["cart"] = [1, 2]
        session.save()
        assert self.client.session["cart"] == [1, 2]
        Session.objects.update(expire_date=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        call_command("clearsessions")
        assert not Session.objects.exists()

    def test_sites_and_flat_pages(self):
        page = FlatPage.objects.create(url="/about/", title="About", content="We sell books.")
        assert Site.objects.get_current().domain == "example.com"
        page.sites.add(Site.objects.get_current())
        self.assertContains(self.client.get("/about/"), "We sell books.")
        page.sites.clear()
        assert self.client.get("/about/").status_code == 404


FORM = {
    "title": "Dune", "price": "9.50", "stock": "3", "in_print": "on", "published": "2021-05-03",
    "chapters-TOTAL_FORMS": "2", "chapters-INITIAL_FORMS": "0", "chapters-MIN_NUM_FORMS": "0",
    "chapters-MAX_NUM_FORMS": "1000", "chapters-0-number": "1", "chapters-0-title": "Arrakis",
    "chapters-1-number": "", "chapters-1-title": "",
}  # fmt: skip


class Admin(Shelf):
    def setUp(self):
        self.client.force_login(self.root)

    def listed(self, query):
        response = self.client.get(f"/admin/catalog/book/?{query}")
        assert response.status_code == 200
        return titles(response.context["cl"].result_list)

    def test_index_and_app_list(self):
        self.assertContains(self.client.get("/admin/"), "Books")
        self.assertContains(self.client.get("/admin/catalog/"), "Genres")

    def test_changelist_with_search_filters_and_date_hierarchy(self):
        assert self.listed("") == list("012345")
        assert self.listed("q=bob") == ["4", "5"]
        assert self.listed("in_print__exact=0") == ["5"]
        assert self.listed(f"author__id__exact={self.bob.pk}&q=volume") == ["4", "5"]
        assert self.listed(f"genres__id__exact={self.sea.pk}") == ["0", "1"]
        assert self.listed("published__year=2021") == ["3", "4", "5"]
        assert self.listed("published__year=2021&published__month=5") == ["4"]
        assert self.listed("o=-3") == list("012345")

    def test_list_editable(self):
        listed = self.client.get("/admin/catalog/book/?o=1").context["cl"].result_list
        form = {"form-TOTAL_FORMS": "6", "form-INITIAL_FORMS": "6", "_save": "Save"}
        for place, book in enumerate(listed):
            form |= {f"form-{place}-id": str(book.pk), f"form-{place}-stock": str(book.stock + 1)}
        response = self.client.post("/admin/catalog/book/?o=1", form)
        assert response.status_code == 302
        assert sorted(Book.objects.values_list("stock", flat=True)) == [1, 2, 3, 4, 5, 6]

    def test_actions(self):
        chosen = [str(book.pk) for book in self.books[:2]]
        form = {"action": "take_out_of_print", "_selected_action": chosen}
        assert self.client.post("/admin/catalog/book/", form).status_code == 302
        assert titles(Book.objects.filter(in_print=False)) == ["0", "1", "5"]
        form = {"action": "delete_selected", "_selected_action": chosen}
        self.assertContains(self.client.post("/admin/catalog/book/", form), "Are you sure")
        self.client.post("/admin/catalog/book/", form | {"post": "yes"})
        assert titles(Book.objects.all()) == list("2345")
        assert not Book.genres.through.objects.exists()

    def test_add_change_history_and_delete_with_inlines(self):
        form = FORM | {"author": str(self.ada.pk), "genres": [str(self.sea.pk), str(self.war.pk)]}
        self.assertRedirects(self.client.post("/admin/catalog/book/add/", form), "/admin/catalog/book/")
        book = Book.objects.get(title="Dune")
        chapter = book.chapters.get()
        assert (chapter.title, book.genres.count()) == ("Arrakis", 2)

        url = f"/admin/catalog/book/{book.pk}/"
        self.assertContains(self.client.get(f"{url}change/"), "Arrakis")
        form |= {"title": "Dune Messiah", "genres": [str(self.war.pk)], "chapters-INITIAL_FORMS": "1"}
        form |= {"chapters-0-id": str(chapter.pk), "chapters-0-book": str(book.pk), "chapters-0-DELETE": "on"}
        form |= {"chapters-1-number": "2", "chapters-1-title": "Caladan"}
        self.assertRedirects(self.client.post(f"{url}change/", form), "/admin/catalog/book/")
        book.refresh_from_db()
        assert (book.title, book.genres.get(), book.chapters.get().title) == ("Dune Messiah", self.war, "Caladan")

        self.assertContains(self.client.get(f"{url}history/"), "Changed Title")
        self.assertContains(self.client.get(f"{url}delete/"), "Are you sure")
        self.assertRedirects(self.client.post(f"{url}delete/", {"post": "yes"}), "/admin/catalog/book/")
        assert not Chapter.objects.exists()
        assert [entry.action_flag for entry in LogEntry.objects.order_by("pk")] == [1, 2, 3]

    def test_a_form_says_what_is_wrong(self):
        form = FORM | {
            "author": str(self.ada.pk),
            "price": "much",
            "chapters-1-number": "1",
            "chapters-1-title": "Again",
        }
        response = self.client.post("/admin/catalog/book/add/", form)
        assert response.status_code == 200
        assert "price" in response.context["adminform"].form.errors
        response = self.client.post("/admin/catalog/author/add/", {"name": "ADA"})
        self.assertContains(response, "Author with this Name already exists.")

    def test_users_are_kept_in_the_admin(self):
        form = {
            "username": "new",
            "password1": "a-long-secret",
            "password2": "a-long-secret",
            "usable_password": "true",
        }
        assert self.client.post("/admin/auth/user/add/", form).status_code == 302
        self.assertContains(self.client.get("/admin/auth/user/?q=new"), "new")


class Api(Shelf):
    def get(self, path):
        response = self.client.get(path)
        assert response.status_code == 200, response.content
        return response.json()

    def listed(self, query):
        return [book["title"][-1] for book in self.get(f"/api/books/?{query}")["results"]]

    def test_filters_search_and_order(self):
        assert self.listed("price__lt=2") == ["0", "1"]
        assert self.listed(f"author={self.bob.pk}") == ["4", "5"]
        assert self.listed("author__name__icontains=AD&ordering=-price") == ["3", "2", "1", "0"]
        assert self.listed(f"genres={self.war.pk}") == ["0"]
        assert self.listed("search=bob") == ["4", "5"]

    def test_create_update_and_delete(self):
        data = {
            "title": "Dune",
            "author": self.ada.pk,
            "genres": [self.sea.pk],
            "price": "2.00",
            "published": "2020-01-01",
        }
        response = self.client.post("/api/books/", json.dumps(data), content_type="application/json")
        assert response.status_code == 201, response.content
        path = f"/api/books/{response.json()['id']}/"
        assert self.get(path)["genres"] == [self.sea.pk]
        response = self.client.patch(path, '{"price": "3.00", "genres": []}', content_type="application/json")
        assert response.json()["price"] == "3.00"
        assert self.client.delete(path).status_code == 204
        assert self.client.get(path).status_code == 404

    def test_what_is_wrong_is_said(self):
        response = self.client.post("/api/authors/", '{"name": "ada"}', content_type="application/json")
        assert (response.status_code, list(response.json())) == (400, ["name"])
        response = self.client.post("/api/books/", '{"author": 7}', content_type="application/json")
        assert response.status_code == 400
        assert "does not exist" in str(response.json()["author"])

    def test_the_api_can_be_browsed(self):
        self.client.force_login(self.root)
        self.assertContains(self.client.get("/api/books/", headers={"accept": "text/html"}), "Volume 3")


class Costs(Shelf):
    def setUp(self):
        self.client.force_login(self.root)

    def test_a_warm_changelist_takes_at_most_one_request(self):
        Book.objects.bulk_create(
            Book(title=f"More {n}", author=self.ada, price=1, published=datetime.date(2022, 1, 1)) for n in range(120)
        )
        self.client.get("/admin/catalog/book/")
        with counted() as costs:
            response = self.client.get("/admin/catalog/book/")
        assert len(response.context["cl"].result_list) == 100
        assert len(costs.requests) <= 1, costs.requests

    def test_adding_with_many_to_many_takes_six_reads_and_three_requests(self):
        form = FORM | {"author": str(self.ada.pk), "genres": [str(self.sea.pk), str(self.war.pk)]}
        self.client.get("/admin/catalog/book/add/")
        self.client.post("/admin/catalog/genre/add/", {"name": "Sand"})  # the log has a block of numbers then
        with counted() as costs:
            assert self.client.post("/admin/catalog/book/add/", form).status_code == 302
        reads = [request for request in costs.requests if request.startswith("GET")]
        assert len(reads) <= 6, costs.requests
        assert len(costs.requests) - len(reads) <= 3, costs.requests


class CostsOfBlocks(TransactionTestCase):
    def test_deleting_101_rows_is_one_block(self):
        ada = Author.objects.create(name="Ada")
        books = Book.objects.bulk_create(
            Book(title=f"More {n}", author=ada, price=1, published=datetime.date(2022, 1, 1)) for n in range(101)
        )
        Chapter.objects.bulk_create(Chapter(book=book, number=1, title="One") for book in books)
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))
        form = {"action": "delete_selected", "_selected_action": [str(book.pk) for book in books]}
        self.assertContains(self.client.post("/admin/catalog/book/", form), "Are you sure")
        with counted() as costs:
            assert self.client.post("/admin/catalog/book/", form | {"post": "yes"}).status_code == 302
        assert (Book.objects.count(), Chapter.objects.count(), LogEntry.objects.count()) == (0, 0, 101)
        deletion = [request for request in costs.requests if "catalog_" in request or "transactions" in request]
        if django.VERSION < (6, 0):  # its bulk_create() writes the admin's log in a block of its own
            deletion = deletion[3:]
        # The books, what leads to them, and the books again, which Django deletes in parts of 100; then the commit.
        assert [request.split()[0] for request in deletion] == ["GET"] * 5 + ["POST", "POST", "PATCH"], deletion
        log = [request for request in costs.requests if request not in deletion]
        assert len(log) <= 7, log  # the session; 2 requests for 101 rows, and 4 for their numbers
