"""Serializers of models that have an `ArrayField` or `SystemFields`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ...backend.fields import SystemField
from ...models import ArrayField


# Base of a ModelSerializer, before DRF's: it knows the fields of this package. An `ArrayField` is a list whose items
# are checked one by one, `created_at` and `updated_at` are points in time. DRF's own serializers show the first as text
# and the others as properties.
# There is no docstring: drf-spectacular would describe the serializers of projects by it.
class AppwriteFieldsMixin:  # noqa: D101
    def build_field(self, field_name: str, info: Any, model_class: Any, nested_depth: int) -> Any:
        """Return the class of a field, and its arguments."""
        fields = {field.name: field for field in model_class._meta.concrete_fields}
        if isinstance(fields.get(field_name), SystemField):
            return self.build_standard_field(field_name, fields[field_name])
        return super().build_field(field_name, info, model_class, nested_depth)  # type: ignore[misc]

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Return the class of a field that is not a relation, and its arguments."""
        field_class, arguments = super().build_standard_field(field_name, model_field)  # type: ignore[misc]
        if isinstance(model_field, ArrayField):
            child_class, child_arguments = super().build_standard_field("child", model_field.base_field)  # type: ignore[misc]
            arguments.pop("model_field", None)
            arguments["child"] = child_class(**child_arguments)
            if not model_field.blank:
                arguments["allow_empty"] = False
            field_class = serializers.ListField
        return field_class, arguments


class ModelSerializer(AppwriteFieldsMixin, serializers.ModelSerializer):  # type: ignore[misc]  # noqa: D101
    pass
