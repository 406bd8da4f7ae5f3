"""AppwriteAdmin in a browser: by keyboard, on a phone, in the dark, under a strict Content-Security-Policy."""

from __future__ import annotations

from selenium.webdriver import Keys

from tests.browser.office import address, admin  # noqa: F401
from tests.browser.window import Window


def test_login_by_keyboard(window: Window) -> None:
    window.open("/admin/")
    window.inspect("admin-login")
    window.tab_to("#id_username")
    window.type("root")
    window.tab_to("#id_password")
    window.type("secret")
    window.submit()
    assert window.path == "/admin/"
    window.inspect("admin-index")


def test_a_row_is_added_changed_and_deleted_by_keyboard(admin: Window) -> None:  # noqa: F811
    from office.tables import Desk, Room

    Room.objects.create(name="North")
    admin.open("/admin/office/desk/")
    admin.tab_to(".object-tools a.addlink")
    admin.submit()
    admin.inspect("admin-add")
    admin.resize(1280)
    admin.tab_to("#id_name")
    admin.type("Oak")
    admin.tab_to("#id_stock")
    admin.type("3")
    admin.tab_to("#id_room")
    admin.press("North")
    admin.tab_to("input[name=_save]")
    admin.submit()
    assert admin.texts(".messagelist li") == ["The desk “Oak” was added successfully."]

    admin.tab_to("#result_list th.field-name a")
    admin.submit()
    admin.inspect("admin-change")
    admin.resize(1280)
    admin.tab_to("#id_name")
    admin.type("Elm")
    admin.tab_to("input[name=_save]")
    admin.submit()
    desk = Desk.objects.get()
    assert (desk.name, desk.stock, desk.room.name) == ("Elm", 3, "North")

    admin.tab_to("#result_list th.field-name a")
    admin.submit()
    admin.tab_to("a.deletelink")
    admin.submit()
    admin.inspect("admin-delete")
    admin.resize(1280)
    admin.tab_to("#content input[type=submit]")
    admin.submit()
    assert admin.path == "/admin/office/desk/"
    assert Desk.objects.count() == 0


def test_rows_are_searched_paged_and_selected_by_keyboard(admin: Window) -> None:  # noqa: F811
    from office.tables import Desk

    Desk.objects.bulk_create([Desk(name=f"Desk {number:03}", stock=number % 7) for number in range(110)])
    admin.open("/admin/office/desk/?o=1")
    assert len(admin.elements("#result_list tbody tr")) == 100
    admin.tab_to(".appwrite-pages a[rel=next]", back=True)
    admin.submit()
    assert admin.texts("#result_list th.field-name")[0] == "Desk 100"
    admin.inspect("admin-list")
    admin.resize(1280)

    admin.tab_to("#searchbar")
    admin.type("Desk 10")
    admin.submit()
    assert len(admin.elements("#result_list tbody tr")) == 11
    admin.tab_to("input.action-select")
    admin.press(Keys.SPACE)
    admin.tab_to("select[name=action]")
    admin.press("Delete")
    admin.tab_to(".actions button[type=submit]")
    admin.submit()
    admin.tab_to("#content input[type=submit]")
    admin.submit()
    assert Desk.objects.count() == 109


def test_a_conflict_shows_both_values_and_is_settled_by_keyboard(admin: Window) -> None:  # noqa: F811
    from office.tables import Desk, Room

    north, south = Room.objects.create(name="North"), Room.objects.create(name="South")
    desk = Desk.objects.create(name="Oak", stock=3, room=north)
    admin.open(f"/admin/office/desk/{desk.id}/change/")
    desk.name, desk.room = "Ash", south
    desk.save()
    admin.tab_to("#id_name")
    admin.type("Elm")
    admin.submit()
    admin.inspect("admin-conflict")
    admin.resize(1280)
    assert "Somebody else has changed this to “Ash”. Yours is “Elm”." in admin.texts(".errorlist li")
    admin.tab_to("input[name=_save]")
    admin.submit()
    assert admin.path == "/admin/office/desk/"
    assert Desk.objects.get().name == "Elm"


def test_lists_points_documents_and_permissions_are_edited_by_keyboard(admin: Window) -> None:  # noqa: F811
    from office.tables import Station

    station = Station.objects.create(name="North", tags=["old", "tram"], permissions=['read("any")'])
    admin.open(f"/admin/office/station/{station.id}/change/")
    admin.tab_to(".field-tags button[aria-label='Item 2: Move up']")
    admin.press(Keys.ENTER)
    admin.tab_to(".field-tags .appwrite-list > button")
    admin.press(Keys.ENTER)
    admin.type("new")  # the item that was added has the focus
    admin.tab_to("#id_data")
    admin.type('{"gates": [1, ')
    admin.tab_to("#id_place_0")
    admin.type("52.5")
    admin.tab_to("#id_place_1")
    admin.type("13.25")
    admin.tab_to("input[name='permissions-0-update']")
    admin.press(Keys.SPACE)
    admin.tab_to("#id_permissions_1_role")
    admin.type("team:staff")
    admin.tab_to("input[name='permissions-1-delete']")
    admin.press(Keys.SPACE)
    admin.tab_to("input[name=_save]")
    admin.submit()
    admin.inspect("admin-fields")
    admin.resize(1280)
    assert admin.texts(".field-data .errorlist li") == ["This is not JSON. Line 1, column 15: Expecting value."]
    admin.tab_to("#id_data")
    admin.type('{"gates": [1, 2]}')
    admin.tab_to("input[name=_save]")
    admin.submit()
    assert admin.path == "/admin/office/station/"
    admin.inspect("admin-fields-list")
    station = Station.objects.get()
    assert (station.tags, station.data, station.place) == (["tram", "old", "new"], {"gates": [1, 2]}, (13.25, 52.5))
    assert set(station.permissions) == {'read("any")', 'update("any")', 'delete("team:staff")'}
