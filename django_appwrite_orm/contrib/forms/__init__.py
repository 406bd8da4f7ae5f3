"""Form fields for lists, JSON, points, lines, polygons and permissions of rows; see docs/reference/admin.md."""

from .lists import ListField, ListWidget
from .permissions import PermissionsField, PermissionsWidget, RowPermissionsForm
from .shapes import LineField, PointField, PointWidget, PolygonField
from .strict_json import JSONField, JSONTextarea

__all__ = [
    "JSONField",
    "JSONTextarea",
    "LineField",
    "ListField",
    "ListWidget",
    "PermissionsField",
    "PermissionsWidget",
    "PointField",
    "PointWidget",
    "PolygonField",
    "RowPermissionsForm",
]
