"""Pages of the admin in German and French: longer words leave the layout as it is, on a phone too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.office import address, admin  # noqa: F401
from tests.browser.window import PHONE, WIDTHS, Window


def look_at(window: Window, name: str) -> None:
    """Keep a picture of the page in each width. Fails for what a phone's user cannot see or press."""
    for width in WIDTHS:
        window.resize(width)
        window.screenshot(f"{name}-{width}")
        if width == PHONE:
            assert list(window.problems_of_phones()) == [], name
    window.resize(1280)


@pytest.mark.parametrize(
    ("language", "next_page", "conflict", "role"),
    [
        ("de", "Nächste", "Jemand anderes hat dies in „Ash“ geändert.", "„nobody“ ist keine Rolle."),
        ("fr", "Suivante", "Quelqu’un d’autre a remplacé cette valeur par", "n’est pas un rôle."),
    ],
)
def test_pages_of_the_admin(
    admin: Window,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    next_page: str,
    conflict: str,
    role: str,
) -> None:
    from office.admin import DeskAdmin
    from office.tables import Desk, Station

    settings.LANGUAGE_CODE = language
    Desk.objects.bulk_create([Desk(name=f"Desk {number:03}", stock=number % 7) for number in range(12)])
    monkeypatch.setattr(DeskAdmin.paginator, "max_count", 10)
    monkeypatch.setattr(DeskAdmin, "list_per_page", 5)
    admin.open("/admin/office/desk/")
    look_at(admin, f"{language}-list")
    assert next_page in admin.texts(".appwrite-pages a")

    desk = Desk.objects.first()
    admin.open(f"/admin/office/desk/{desk.id}/change/")
    look_at(admin, f"{language}-form")
    desk.name = "Ash"
    desk.save()
    admin.leaving(admin.element("input[name=_save]").click)
    look_at(admin, f"{language}-conflict")
    assert conflict in " ".join(admin.texts(".errorlist li"))

    station = Station.objects.create(
        name="North",
        tags=["old", "tram"],
        place=(4.4699, 51.9244),
        route=((4.46, 51.92), (4.47, 51.93)),
        permissions=['read("any")', 'update("team:planners/editor")'],
    )
    admin.open(f"/admin/office/station/{station.id}/change/")
    admin.element("#id_permissions_2_role").send_keys("nobody")
    admin.element("[name=permissions-2-read]").click()
    admin.element("#id_data").send_keys('{"a": ')
    admin.leaving(admin.element("input[name=_save]").click)
    look_at(admin, f"{language}-station")
    assert role in " ".join(admin.texts(".field-permissions .errorlist li"))
    admin.open(f"/admin/office/station/{station.id}/delete/")
    look_at(admin, f"{language}-delete")
