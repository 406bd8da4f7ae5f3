"""What docs/how-to/rest-framework.md promises of the description of the API."""

from django.test import TestCase
from yaml import safe_load


class Schema(TestCase):
    def test_lists_pages_and_points_in_time_are_described(self):
        schemas = safe_load(self.client.get("/api/schema/").content)["components"]["schemas"]
        recipe = schemas["Recipe"]["properties"]
        assert recipe["tags"] == {"type": "array", "items": {"type": "string", "maxLength": 40}}
        assert (recipe["created_at"]["format"], recipe["created_at"]["readOnly"]) == ("date-time", True)
        assert schemas["PaginatedRecipeList"]["properties"].keys() == {"next", "previous", "results"}
