"""Tools that read the fields of models and serializers: drf-spectacular and django-ninja."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from django.urls import path
from rest_framework import generics
from rest_framework.views import APIView

from tests.backend.shop.models import Batch, Letter, Maker, Note, Parcel, Product
from tests.contrib.rest import site

pytestmark = pytest.mark.slow


def test_drf_spectacular_describes_fields_pages_and_views(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setattr(APIView, "schema", import_module("drf_spectacular.openapi").AutoSchema())

    class Letters(site.ConditionalMixin, generics.ListAPIView):
        authentication_classes = ()
        queryset = Letter.objects.all()
        serializer_class = type("LetterSerializer", (site.ModelSerializer,), {"Meta": site.LetterSerializer.Meta})
        pagination_class = site.Fives

    class Parcels(generics.CreateAPIView):
        authentication_classes = ()
        queryset = Parcel.objects.all()
        serializer_class = site.ParcelSerializer

    class Notes(generics.RetrieveUpdateAPIView):
        authentication_classes = ()
        queryset = Note.objects.all()
        serializer_class = site.NoteSerializer

    urls = [path("letters/", Letters.as_view()), path("parcels/", Parcels.as_view()), path("<pk>/", Notes.as_view())]
    generator = import_module("drf_spectacular.generators").SchemaGenerator(patterns=urls)
    schema = generator.get_schema(request=None, public=True)
    import_module("drf_spectacular.validation").validate_schema(schema)
    assert capfd.readouterr().err == ""  # its warnings

    components: dict[str, Any] = schema["components"]["schemas"]
    moment = {"type": "string", "format": "date-time", "readOnly": True, "nullable": True}  # before the commit
    letter = components["Letter"]["properties"]
    assert (letter["created_at"], letter["updated_at"]) == (moment, moment)
    assert components["Note"]["properties"]["id"] == {"type": "string", "readOnly": True}
    items = {name: field["items"] for name, field in components["Parcel"]["properties"].items() if name != "id"}
    assert items["words"] == {"type": "string", "maxLength": 40}
    assert items["days"] == {"type": "string", "format": "date"}
    assert items["codes"] == {"type": "string", "format": "uuid"}
    assert not any("description" in component for component in components.values())
    operation = schema["paths"]["/letters/"]["get"]
    assert "description" not in operation
    assert {parameter["name"] for parameter in operation["parameters"]} == {"cursor", "size"}
    assert set(components["PaginatedLetterList"]["properties"]) == {"next", "previous", "results"}


def test_django_ninjas_schemas_read_and_write_models() -> None:
    ninja = import_module("ninja")

    def schema_of(row_of: Any, left_out: str) -> Any:
        class Schema(ninja.ModelSchema):
            class Meta:
                model = row_of
                exclude = (left_out,)

        return Schema

    ada = Maker.objects.create(name="Ada")
    ball = Product.objects.create(name="Ball", price="2.50", maker=ada)
    parcel = Parcel.objects.create(words=["a"], numbers=[1], letter=Letter.objects.create(text="x"))
    note = Note.objects.create(text="a")
    shown = {
        model: json.loads(schema_of(model, left_out).from_orm(row).model_dump_json())
        for model, row, left_out in [
            (Product, Product.objects.get(pk=ball.pk), "picture"),
            (Parcel, Parcel.objects.get(pk=parcel.pk), "letter"),
            (Letter, Letter.objects.get(), "text"),
            (Batch, Batch.objects.create(product=ball), "tag"),
            (Note, note, "_order"),  # pydantic has no names with an underscore in front
        ]
    }
    assert (shown[Product]["id"], shown[Product]["maker"], shown[Product]["tags"]) == (ball.pk, ada.pk, [])
    assert (shown[Parcel]["words"], shown[Parcel]["numbers"]) == (["a"], [1])
    assert shown[Letter]["created_at"].endswith("Z")
    assert shown[Note] == {"id": note.pk, "text": "a"}
    made = schema_of(Parcel, "letter")(words=["b"])
    Parcel.objects.create(**made.model_dump(exclude_unset=True))
    assert Parcel.objects.filter(words__contains=["b"]).count() == 1
