"""What docs/how-to/rest-framework.md promises."""

from unittest import mock

from django.contrib.auth.models import User
from django.db import OperationalError
from recipes.models import Recipe
from rest_framework.test import APITestCase

from django_appwrite_orm.contrib.testing import AppwriteAssertions
from django_appwrite_orm.exceptions import Conflict, RateLimited, Unavailable

URL = "/api/recipes/"


class Api(AppwriteAssertions, APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("ada")
        Recipe.objects.bulk_create(Recipe(name=f"Soup {n:03}", minutes=n // 10, tags=["vegan"]) for n in range(120))

    def pages(self, url=URL):
        while url is not None:
            page = self.client.get(url)
            yield page
            url = page.data["next"]

    def test_whoever_is_not_signed_in_only_reads(self):
        assert self.client.get(URL).status_code == 200
        assert self.client.post(URL, {"name": "Stew"}).status_code == 403

    def test_the_pages_have_all_rows_and_the_last_one_costs_one_request(self):
        first, second, third = self.pages()
        names = [row["name"] for page in (first, second, third) for row in page.data["results"]]
        assert sorted(names) == [f"Soup {n:03}" for n in range(120)]
        assert first.data["results"][0]["tags"] == ["vegan"]
        Recipe.objects.create(name="Aspic")
        with self.assertNumAppwriteRequests(1):
            again = self.client.get(second.data["next"])
        assert again.data["results"] == third.data["results"]

    def test_an_order_and_a_search(self):
        by_name = self.client.get(f"{URL}?ordering=-name").data["results"]
        assert by_name[0]["name"] == "Soup 119"
        found = self.client.get(f"{URL}?search=soup+007").data["results"]
        assert [row["name"] for row in found] == ["Soup 007"]

    def test_an_unchanged_response_is_a_304_without_a_request(self):
        etag = self.client.get(URL)["ETag"]
        with self.assertNumAppwriteRequests(0):
            response = self.client.get(URL, headers={"If-None-Match": etag})
        assert (response.status_code, response.content) == (304, b"")
        Recipe.objects.create(name="Stew")
        assert self.client.get(URL, headers={"If-None-Match": etag}).status_code == 200

    def test_a_change_of_something_that_has_changed_is_a_412(self):
        self.client.force_login(self.user)
        recipe = Recipe.objects.get(name="Soup 000")
        url = f"{URL}{recipe.pk}/"
        etag = self.client.get(url)["ETag"]
        Recipe.objects.filter(pk=recipe.pk).update(minutes=7)
        late = self.client.patch(url, {"minutes": 8}, headers={"If-Match": etag})
        assert (late.status_code, Recipe.objects.get(pk=recipe.pk).minutes) == (412, 7)
        etag = self.client.get(url)["ETag"]
        assert self.client.patch(url, {"minutes": 8}, headers={"If-Match": etag}).status_code == 200

    def test_values_that_do_not_fit_are_a_400_with_the_fields(self):
        self.client.force_login(self.user)
        response = self.client.post(URL, {"name": "soup 000", "minutes": "many"})
        assert (response.status_code, response.data.keys()) == (400, {"name", "minutes"})

    def test_other_errors(self):
        self.client.force_login(self.user)
        reason = "https://appwrite.invalid refused"
        for error, status in (
            (Unavailable(reason), 503),
            (RateLimited(reason), 429),
            (Conflict(reason), 409),
        ):
            with mock.patch.object(Recipe, "save", side_effect=_as_of_a_database(error)):
                response = self.client.post(URL, {"name": "Stew"})
            assert response.status_code == status
            assert ("Retry-After" in response.headers) == (status != 409)
            assert "appwrite.invalid" not in response.text


def _as_of_a_database(error):
    wrapped = OperationalError(str(error))
    wrapped.__cause__ = error
    return wrapped
