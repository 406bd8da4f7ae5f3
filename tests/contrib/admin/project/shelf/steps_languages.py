"""The admin in German and in French, under Django's test runner."""

from django.test import TestCase
from django.utils.translation import override

from .models import Item
from .steps_locking import URL, Locked


class Languages(Locked, TestCase):
    def conflict(self):
        """Return the errors of a form whose row was changed meanwhile."""
        form = self.form(self.client.get(self.url))
        self.elsewhere(self.item, stock=7)
        return self.client.post(self.url, {**form, "name": "Desk"}).context["errors"]

    def test_a_conflict_in_german(self):
        with override("de"):
            errors = " ".join(map(str, self.conflict()))
        assert "Jemand anderes hat dies in „7“ geändert. Ihr Wert ist „3“." in errors
        assert "item wurde von jemand anderem geändert, seit Sie die Seite geöffnet haben" in errors

    def test_a_conflict_in_french(self):
        with override("fr"):
            errors = " ".join(map(str, self.conflict()))
        assert "Quelqu’un d’autre a remplacé cette valeur par «\N{NO-BREAK SPACE}7\N{NO-BREAK SPACE}»" in errors
        assert "Cet objet item a été modifié par quelqu’un d’autre" in errors

    def test_an_action_on_a_changed_row_in_german(self):
        with override("de"):
            opened = self.client.get(URL).context["cl"].opened_values()
            self.elsewhere(self.item, stock=7)
            data = {"action": "delete_selected", "_selected_action": [self.item.pk], "_opened": opened}
            texts = " ".join(self.texts(self.client.post(URL, data)))
        assert "item „Lamp“ wurde von jemand anderem geändert, seit Sie die Seite geöffnet haben" in texts
        assert "Es wurde nichts ausgeführt." in texts

    def test_pages_say_where_their_rows_came_from(self):
        for language, text, button in (("de", "aus Appwrite gelesen", "Neu lesen"), ("fr", "Appwrite", "Relire")):
            with override(language):
                page = self.client.get(URL).content.decode()
            assert text in page
            assert f'value="1">{button}</button>' in page

    def test_pages_in_french(self):
        Item.objects.bulk_create([Item(name=f"Item {number}") for number in range(300)])
        with override("fr"):
            page = self.client.get(URL).content.decode()
        for link in ("Première", "Précédente", "Suivante", "Dernière"):
            assert link in page
