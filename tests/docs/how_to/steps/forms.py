"""What docs/how-to/forms.md promises."""

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from django.db import connections
from django.forms import ModelForm
from django.test import Client, TestCase, TransactionTestCase
from recipes.forms import RecipeForm
from recipes.models import Recipe

SOUP = {"name": "Soup", "tags": ["vegan", "", "quick"], "nutrition": '{"kcal": 90}'}


class Create(TestCase):
    def test_a_recipe_is_created_with_a_list_and_a_document(self):
        response = self.client.post("/recipes/new/", SOUP)
        recipe = Recipe.objects.get()
        self.assertRedirects(response, f"/recipes/{recipe.pk}/")
        assert (recipe.tags, recipe.nutrition, recipe.version) == (["vegan", "quick"], {"kcal": 90}, 1)

    def test_each_item_has_an_input_and_the_page_its_script(self):
        Recipe.objects.create(name="Soup", tags=["vegan", "quick"])
        page = self.client.get(f"/recipes/{Recipe.objects.get().pk}/").text
        assert 'value="vegan"' in page
        assert 'value="quick"' in page
        assert "django_appwrite_orm/forms.js" in page

    def test_an_error_in_json_names_the_place_and_keeps_what_was_typed(self):
        page = self.client.post("/recipes/new/", SOUP | {"nutrition": "{\n"}).text
        assert "Line 2, column 1" in page
        assert not Recipe.objects.exists()

    def test_a_name_that_is_taken_is_an_error_of_the_field(self):
        Recipe.objects.create(name="Soup")
        response = self.client.post("/recipes/new/", SOUP)
        self.assertFormError(response.context["form"], "name", "Recipe with this Name already exists.")


class Race(TransactionTestCase):
    def test_a_name_that_somebody_takes_after_the_check_is_one_too(self):
        Recipe.objects.create(name="Soup")
        with mock.patch.object(ModelForm, "validate_unique"):
            response = self.client.post("/recipes/new/", SOUP)
        self.assertFormError(response.context["form"], "name", "This name is taken.")
        assert not RecipeForm(SOUP).is_valid()


class Edit(TransactionTestCase):
    def setUp(self):
        self.recipe = Recipe.objects.create(name="Soup")
        self.url = f"/recipes/{self.recipe.pk}/"

    def opened(self):
        form = self.client.get(self.url).context["form"]
        return {"name": form["name"].value(), "nutrition": "{}", "version": form["version"].value()}

    def test_the_second_of_two_editors_gets_a_409_and_loses_no_text(self):
        one, other = self.opened(), self.opened()
        assert self.client.post(self.url, one | {"name": "Stew"}).status_code == 302
        response = self.client.post(self.url, other | {"name": "Broth"})
        self.assertContains(response, 'value="Broth"', status_code=409)
        self.assertContains(response, "Stored now: Stew.", status_code=409)
        self.assertContains(response, "Somebody else has changed this recipe.", status_code=409)
        assert Recipe.objects.get().name == "Stew"
        assert self.client.post(self.url, self.opened() | {"name": "Broth"}).status_code == 302
        assert Recipe.objects.get().name == "Broth"

    def test_of_editors_at_the_same_moment_one_wins(self):
        opened = self.opened()

        def post(name):
            try:
                return Client().post(self.url, opened | {"name": name}).status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor() as pool:
            statuses = list(pool.map(post, ["Stew", "Broth", "Bisque"]))
        assert sorted(statuses) == [302, 409, 409]
        assert Recipe.objects.get().version == 2
