"""What users of a site read, in German and in French."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.utils.translation import override

from django_appwrite_orm import columns
from django_appwrite_orm.backend.fields import CreatedAtField
from django_appwrite_orm.contrib import forms
from django_appwrite_orm.contrib.forms.permissions import Grant
from django_appwrite_orm.contrib.toolbar.statistics import summary
from django_appwrite_orm.models import model_of
from tests.support.library.tables import Everything, Reader


def problems(column: columns.Column, value: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        column.bound("value").clean(value)
    return list(refused.value.messages)


@pytest.mark.parametrize(
    ("column", "value", "german", "french"),
    [
        (
            columns.String(required=True),
            None,
            "Diese Spalte ist zwingend erforderlich.",
            "Cette colonne est obligatoire.",
        ),
        (columns.String(size=1), "ab", "Höchstens 1 Zeichen, nicht 2.", "Au maximum 1 caractère, pas 2."),
        (columns.String(size=2), "abc", "Höchstens 2 Zeichen, nicht 3.", "Au maximum 2 caractères, pas 3."),
        (columns.Integer(min=5), 3, "Mindestens 5, nicht 3.", "Au minimum 5, pas 3."),
        (columns.Float(), "a", "Eine endliche Zahl wird erwartet, nicht 'a'.", "Un nombre fini est attendu, pas 'a'."),
        (
            columns.Integer(array=True),
            [1, None],
            "Eintrag 1: Eine Liste kann None nicht enthalten.",
            "Élément 1\N{NO-BREAK SPACE}: Une liste ne peut pas contenir None.",
        ),
    ],
)
def test_a_column_refuses_a_value(column: columns.Column, value: Any, german: str, french: str) -> None:
    with override("de"):
        assert problems(column, value) == [german]
    with override("fr"):
        assert problems(column, value) == [french]


def test_the_language_is_the_one_in_which_an_error_is_shown() -> None:
    with override("fr"), pytest.raises(ValidationError) as refused:
        Everything(string="12345678901").full_clean()
    with override("de"):
        assert refused.value.message_dict == {"string": ["Höchstens 10 Zeichen, nicht 11."]}


def test_errors_of_a_row_keep_their_codes() -> None:
    with pytest.raises(ValidationError) as refused:
        Reader(email=5).full_clean()
    assert {name: [error.code for error in errors] for name, errors in refused.value.error_dict.items()} == {
        "name": ["required"],
        "email": ["invalid"],
    }


def test_a_model_form_has_the_errors_of_a_column() -> None:
    form_class = modelform_factory(model_of(Reader), fields=["name", "email"])
    with override("de"):
        form = form_class({"name": "Ada", "email": "ada@exämple.org"})
        assert form.errors == {
            "email": ["Appwrite akzeptiert nur E-Mail-Adressen in ASCII. Schreiben Sie die Domain in Punycode."]
        }
    with override("fr"):
        assert form_class({}).errors == {"name": ["Ce champ est obligatoire."]}


def test_the_editor_of_permissions() -> None:
    field = forms.PermissionsField()
    with override("de"):
        assert field.label == "Berechtigungen"
        grid = field.widget.render("permissions", ['read("any")'])
        for label in ("Rolle", "Lesen", "Ändern", "Löschen", "Rolle hinzufügen", "Neue Rolle"):
            assert label in grid
        with pytest.raises(ValidationError, match="„nobody“ ist keine Rolle"):
            field.clean([Grant("nobody", ("read",), is_new=True)])
    with override("fr"):
        grid = field.widget.render("permissions", ['read("any")'])
        for label in ("Rôle", "Lecture", "Modification", "Suppression", "Ajouter un rôle"):
            assert label in grid


def test_the_dates_of_a_row_have_labels_that_no_migration_has() -> None:
    fields = {field.name: field for field in model_of(Reader)._meta.fields}
    assert [str(fields[name].verbose_name) for name in ("created_at", "updated_at")] == ["created at", "updated at"]
    with override("de"):
        assert [str(fields[name].verbose_name) for name in ("created_at", "updated_at")] == [
            "angelegt am",
            "geändert am",
        ]
    assert "verbose_name" not in fields["created_at"].deconstruct()[3]
    made = CreatedAtField()
    made.set_attributes_from_name("made")
    assert made.verbose_name == "made"


def test_a_list_counts_what_is_wrong() -> None:
    field = forms.ListField(base_field=forms.PointField(), max_items=1)
    with override("de"), pytest.raises(ValidationError, match="Es sind 2 Einträge; höchstens 1 sind möglich"):
        field.clean(["1", "2"])


def test_json_says_where_it_is_wrong() -> None:
    with override("fr"), pytest.raises(ValidationError) as refused:
        forms.JSONField().clean('{"a": }')
    assert refused.value.messages == [
        "Ce n’est pas du JSON. Ligne 1, colonne 7\N{NO-BREAK SPACE}: Une valeur est attendue."
    ]


def test_the_summary_of_the_toolbar() -> None:
    totals = {"reads": 1, "hits": 2, "stale": 0, "in_memory": 1, "writes": 3}
    assert summary(totals) == "1 read, 2 hits, 1 in memory, 3 writes"
    with override("de"):
        assert summary(totals) == "1 Lesezugriff, 2 Treffer, 1 im Speicher, 3 Schreibzugriffe"
    with override("fr"):
        assert summary(totals) == "1 lecture, 2 succès, 1 en mémoire, 3 écritures"


def test_a_language_without_a_catalogue_has_the_english_texts() -> None:
    with override("ja"):
        assert problems(columns.Integer(min=5), 3) == ["At least 5, not 3."]
