"""Lists, documents, points and permissions in the forms of AppwriteAdmin, with scripts and without."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from selenium.webdriver import ActionChains, Keys

from tests.browser.office import address, admin  # noqa: F401
from tests.browser.window import PHONE, Window


def station(**values: Any) -> Any:
    from office.tables import Station

    return Station.objects.create(**{"name": "Central", **values})


def whole_station() -> Any:
    return station(
        tags=["red", "night"],
        counts=[3, 14, 15],
        flags=[True, False],
        days=["2024-02-29"],
        kinds=["bus", "tram"],
        data={"operator": {"name": "RET", "since": 1878}, "lines": [4, 7, 8], "accessible": True},
        place=(4.4699, 51.9244),
        route=((4.46, 51.92), (4.47, 51.93), (4.48, 51.94)),
        area=(((4.4, 51.9), (4.5, 51.9), (4.5, 52.0), (4.4, 51.9)),),
        permissions=[
            'read("any")',
            'update("team:planners/editor")',
            'delete("user:0123456789abcdef0123456789abcde")',
        ],
    )


def url(row: Any) -> str:
    return f"/admin/office/station/{row.id}/change/"


def values(window: Window, selector: str) -> list[str]:
    return [element.get_property("value") for element in window.elements(selector)]


def test_items_and_roles_by_keyboard(admin: Window) -> None:  # noqa: F811
    from office.tables import Station

    row = station(tags=["a", "b"])
    admin.open(url(row))
    assert values(admin, ".field-tags input") == ["a", "b"]
    admin.tab_to("#id_tags_1")
    ActionChains(admin.driver).key_down(Keys.ALT).send_keys(Keys.ARROW_UP).key_up(Keys.ALT).perform()
    assert values(admin, ".field-tags input") == ["b", "a"]
    admin.tab_to(".field-tags ol + button")
    admin.press(Keys.ENTER)
    admin.type("c")
    admin.tab_to(".field-tags li:nth-child(2) button:last-child", back=True)
    admin.press(Keys.SPACE)
    assert values(admin, ".field-tags input") == ["b", "c"]
    labels = [element.get_attribute("aria-label") for element in admin.elements(".field-tags li:nth-child(2) *")]
    assert labels == ["Item 2", "Item 2: Move up", "Item 2: Move down", "Item 2: Remove"]
    admin.tab_to("[name=permissions-0-role]")
    admin.press("users", Keys.TAB, Keys.SPACE)
    admin.tab_to(".field-permissions table + button")
    admin.press(Keys.ENTER)
    admin.press("any", Keys.TAB, Keys.TAB, Keys.SPACE)
    admin.tab_to("input[name=_save]")
    admin.submit()
    changed = Station.objects.get(id=row.id)
    assert (changed.tags, changed.permissions) == (["b", "c"], ['read("users")', 'update("any")'])


def test_the_form_without_scripts(admin: Window) -> None:  # noqa: F811
    from office.tables import Station

    row = whole_station()
    admin.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        admin.open(url(row))
        assert values(admin, ".field-tags input") == ["red", "night", "", "", ""]
        admin.screenshot("admin-form-without-scripts")
        admin.resize(PHONE)
        admin.screenshot("admin-form-without-scripts-390")
        admin.element("#id_tags_0").clear()
        admin.element("#id_tags_3").send_keys("new")
        admin.element("[name=permissions-1-remove]").click()
        admin.element("[name=permissions-3-role]").send_keys("users")
        admin.element("[name=permissions-3-delete]").click()
        admin.element("input[name=_save]").click()
        admin.wait(lambda: admin.elements("#result_list"), "the form was not saved")
    finally:
        admin.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    changed = Station.objects.get(id=row.id)
    assert changed.tags == ["night", "new"]
    assert changed.permissions == [row.permissions[0], row.permissions[2], 'delete("users")']


def test_errors_stand_beside_what_was_typed(admin: Window) -> None:  # noqa: F811
    admin.open(url(whole_station()))
    admin.inspect("admin-form")
    admin.resize(1280)
    for selector, text in (("#id_data", '{"a": 1,\n "b" 2}'), ("#id_place_0", ""), ("#id_counts_1", "14x")):
        admin.element(selector).clear()
        admin.element(selector).send_keys(text)
    admin.element("[name=permissions-3-role]").send_keys('everybody"<b>')
    admin.element("[name=permissions-3-read]").click()
    admin.tab_to("input[name=_save]")
    admin.submit()
    counts, data, place, permissions = admin.texts(".errorlist li")
    assert counts == "Item 2: Enter a whole number."
    assert data == "This is not JSON. Line 2, column 6: Expecting ':' delimiter."
    assert place == "Enter both latitude and longitude."
    assert permissions.startswith('“everybody"<b>” is not a role.')
    assert values(admin, "#id_data, .field-counts input") == ["3", "14x", "15", '{"a": 1,\n "b" 2}']
    admin.inspect("admin-form-errors")


def test_who_may_only_view_sees_the_values(admin: Window) -> None:  # noqa: F811
    user = get_user_model().objects.get()
    user.is_superuser = False
    user.save()
    user.user_permissions.add(apps.get_model("auth.Permission").objects.get(codename="view_station"))
    admin.open(url(whole_station()))
    admin.inspect("admin-form-view")
    assert "any: Read" in admin.texts(".field-permissions li")
