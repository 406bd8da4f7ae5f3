"""What is done with the main models of each app, through the API that its documentation shows.

Each function makes, reads, changes and deletes rows and raises AssertionError where it reads something else.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from .shelf.models import Book


def account() -> None:
    """allauth: sign up, log in and out by its pages; a second address."""
    from allauth.account.models import EmailAddress

    client = Client()
    password = "correct horse"
    form = {"username": "ada", "email": "ada@example.com", "password1": password, "password2": password}
    assert client.post("/accounts/signup/", form).status_code == 302
    user = User.objects.get(username="ada")
    assert client.session["_auth_user_id"] == str(user.pk)
    client.logout()
    assert client.post("/accounts/login/", {"login": "ada", "password": password}).status_code == 302
    assert list(EmailAddress.objects.filter(user=user).values_list("email", flat=True)) == ["ada@example.com"]
    second = EmailAddress.objects.create(user=user, email="countess@example.com", verified=True)
    second.set_as_primary()
    assert EmailAddress.objects.get_primary(user) == second
    assert User.objects.get(pk=user.pk).email == "countess@example.com"
    change(second, verified=False)
    gone(second)
    user.delete()
    assert not EmailAddress.objects.exists()


def socialaccount() -> None:
    from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken

    app = SocialApp.objects.create(provider="google", name="Google", client_id="id", secret="s", settings={"a": [1]})
    change(app, name="Google 2", settings={"b": {"c": None}})
    account = SocialAccount.objects.create(user=user("grace"), provider="google", uid="1", extra_data={"name": "Grace"})
    token = SocialToken.objects.create(app=app, account=account, token="t" * 3_000)
    assert SocialToken.objects.get(account__user__username="grace").token == "t" * 3_000
    change(token, token_secret="changed")
    app.delete()
    token.refresh_from_db()
    assert token.app is None
    gone(account)
    assert not SocialToken.objects.exists()


def mfa() -> None:
    from allauth.mfa.models import Authenticator

    made = Authenticator.objects.create(user=user("hedy"), type=Authenticator.Type.TOTP, data={"secret": "x"})
    made.record_usage()
    change(made, data={"secret": "y"})
    gone(made)


def axes() -> None:
    from axes.handlers.proxy import AxesProxyHandler
    from axes.models import AccessAttempt, AccessLog
    from axes.utils import reset
    from django.contrib.auth import authenticate

    user("alan")
    for _attempt in range(2):
        assert authenticate(request(), username="alan", password="wrong") is None
    attempt = AccessAttempt.objects.get(username="alan")
    assert attempt.failures_since_start == 2
    assert AxesProxyHandler.is_allowed(request(), {"username": "alan"})
    change(attempt, failures_since_start=3)
    assert not AxesProxyHandler.is_allowed(request(), {"username": "alan"})
    assert reset(username="alan") == 1
    assert not AccessAttempt.objects.exists()
    log = AccessLog.objects.create(username="alan", ip_address="::1", http_accept="*/*", path_info="/", user_agent="x")
    assert AccessLog.objects.filter(ip_address="::1").get() == log
    gone(log)


def constance() -> None:
    from constance import config
    from constance.models import Constance

    assert config.THEME == "light"
    config.THEME = "dark"
    config.LIMIT = 20
    assert (config.THEME, config.LIMIT) == ("dark", 20)
    config.LIMIT = 30
    assert config.LIMIT == 30
    assert Constance.objects.count() == 2
    gone(Constance.objects.get(key="LIMIT"))
    assert config.LIMIT == 10


def celery_results() -> None:
    from django_celery_results.models import ChordCounter, TaskResult

    TaskResult.objects.store_result("application/json", "utf-8", "task-1", "1", "STARTED")
    TaskResult.objects.store_result("application/json", "utf-8", "task-1", "2", "SUCCESS")
    task = TaskResult.objects.get(task_id="task-1")
    assert (task.result, task.status) == ("2", "SUCCESS")
    change(task, worker="celery@one")
    assert TaskResult.objects.get_all_expired(timedelta(days=1)).count() == 0
    gone(task)
    counter = ChordCounter.objects.create(group_id="group", sub_tasks="[]", count=2)
    change(counter, count=1)
    gone(counter)


def otp() -> None:
    from django_otp import devices_for_user, match_token
    from django_otp.oath import totp
    from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
    from django_otp.plugins.otp_totp.models import TOTPDevice

    owner = user("joan")
    device = TOTPDevice.objects.create(user=owner, name="phone")
    assert device.verify_token(totp(device.bin_key))
    assert not device.verify_token(totp(device.bin_key))
    device.refresh_from_db()
    assert device.last_t > 0
    static = StaticDevice.objects.create(user=owner, name="paper")
    static.token_set.create(token=StaticToken.random_token())
    code = static.token_set.get().token
    assert match_token(owner, code) == static
    assert not static.token_set.exists()
    assert len(list(devices_for_user(owner))) == 2
    gone(static)
    change(device, name="tablet")
    gone(device)


def guardian() -> None:
    from guardian.models import UserObjectPermission
    from guardian.shortcuts import assign_perm, get_objects_for_user, get_users_with_perms, remove_perm

    reader, other = user("reader"), user("other")
    first, _second = Book.objects.create(title="One", pages=1), Book.objects.create(title="Two", pages=2)
    assign_perm("shelf.change_book", reader, first)
    assert reader.has_perm("shelf.change_book", first)
    assert not other.has_perm("shelf.change_book", first)
    assert list(get_objects_for_user(reader, "shelf.change_book")) == [first]
    assert list(get_users_with_perms(first)) == [reader]
    assert UserObjectPermission.objects.get().object_pk == str(first.pk)
    remove_perm("shelf.change_book", reader, first)
    assert not UserObjectPermission.objects.exists()
    Book.objects.all().delete()


def oauth() -> None:
    from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

    owner, expires = user("barbara"), timezone.now() + timedelta(hours=1)
    application = get_application_model().objects.create(
        name="App", user=owner, client_type="confidential", authorization_grant_type="authorization-code",
        redirect_uris="https://example.com/", client_secret="secret",
    )  # fmt: skip
    change(application, name="Other")
    access = get_access_token_model().objects.create(
        user=owner, token="a" * 500, application=application, expires=expires, scope="read write",
    )  # fmt: skip
    assert access.is_valid(["read"])
    refresh = get_refresh_token_model().objects.create(
        user=owner, token="r", application=application, access_token=access,
    )  # fmt: skip
    assert get_refresh_token_model().objects.select_related("access_token__application").get() == refresh
    refresh.revoke()
    assert not get_access_token_model().objects.exists()
    refresh.refresh_from_db()
    assert refresh.revoked is not None
    gone(application)
    assert not get_refresh_token_model().objects.exists()


def authtoken() -> None:
    from rest_framework.authtoken.models import Token

    owner = user("radia")
    token, created = Token.objects.get_or_create(user=owner)
    assert created
    assert len(token.key) == 40
    assert Token.objects.select_related("user").get(key=token.key).user == owner
    assert not Token.objects.filter(key=token.key.upper()).exists()
    assert owner.auth_token == token
    gone(token)


def blacklist() -> None:
    from rest_framework_simplejwt.exceptions import TokenError
    from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
    from rest_framework_simplejwt.tokens import RefreshToken

    token = RefreshToken.for_user(user("margaret"))
    assert OutstandingToken.objects.get(jti=token["jti"]).token == str(token)
    token.blacklist()
    assert BlacklistedToken.objects.get().token.jti == token["jti"]
    try:
        RefreshToken(str(token))
    except TokenError:
        pass
    else:
        raise AssertionError("a token on the black list is accepted")
    OutstandingToken.objects.all().delete()
    assert not BlacklistedToken.objects.exists()


def revisions() -> None:
    import reversion
    from reversion.models import Revision, Version

    with reversion.create_revision():
        book = Book.objects.create(title="Draft", pages=10)
        reversion.set_user(user("editor"))
        reversion.set_comment("first")
    with reversion.create_revision():
        book.title = "Final"
        book.save()
    versions = Version.objects.get_for_object(book)
    assert [version.field_dict["title"] for version in versions] == ["Final", "Draft"]
    versions[1].revision.revert()
    book.refresh_from_db()
    assert book.title == "Draft"
    book.delete()
    assert Version.objects.get_deleted(Book).get().field_dict["title"] == "Final"
    change(Revision.objects.earliest("pk"), comment="changed")
    Revision.objects.all().delete()
    assert not Version.objects.exists()


def history() -> None:
    book = Book.objects.create(title="Old", pages=1)
    book.title = "New"
    book.save()
    number = book.pk
    assert [record.title for record in book.history.all()] == ["New", "Old"]
    assert book.history.earliest().history_type == "+"
    assert book.history.as_of(timezone.now()).title == "New"
    delta = book.history.first().diff_against(book.history.last())
    assert delta.changed_fields == ["title"]
    book.delete()
    assert Book.history.filter(id=number).latest().history_type == "-"
    Book.history.all().delete()
    assert not Book.history.exists()


def tags() -> None:
    from taggit.models import Tag

    first, second = Book.objects.create(title="One", pages=1), Book.objects.create(title="Two", pages=2)
    first.tags.add("red", "blue")
    second.tags.add("red")
    assert sorted(first.tags.names()) == ["blue", "red"]
    assert list(Book.objects.filter(tags__name="red").order_by("title")) == [first, second]
    assert list(Book.objects.filter(tags__name__in=["blue"])) == [first]
    assert first.tags.similar_objects() == [second]
    assert Book.tags.most_common()[0].name == "red"
    change(Tag.objects.get(name="blue"), name="green")
    first.tags.remove("red")
    first.tags.set(["yellow"])
    assert list(first.tags.names()) == ["yellow"]
    second.tags.clear()
    assert not second.tags.exists()
    Book.objects.all().delete()
    Tag.objects.all().delete()


def waffle() -> None:
    from waffle import flag_is_active, get_waffle_flag_model, sample_is_active, switch_is_active
    from waffle.models import Sample, Switch

    owner = user("karen")
    flag = get_waffle_flag_model().objects.create(name="new", percent=Decimal("99.9"), everyone=None)
    flag.users.add(owner)
    asked = request()
    asked.user = owner
    assert flag_is_active(asked, "new")
    change(flag, percent=Decimal("0.1"), superusers=False)
    gone(flag)
    switch = Switch.objects.create(name="on", active=True)
    assert switch_is_active("on")
    change(switch, active=False)
    assert not switch_is_active("on")
    gone(switch)
    sample = Sample.objects.create(name="all", percent=Decimal("100.0"))
    assert sample_is_active("all")
    gone(sample)


# By the name that the app has in INSTALLED_APPS.
EXERCISES = {
    "allauth.account": account,
    "allauth.mfa": mfa,
    "allauth.socialaccount": socialaccount,
    "axes": axes,
    "constance": constance,
    "django_celery_results": celery_results,
    "django_otp.plugins.otp_totp": otp,
    "guardian": guardian,
    "oauth2_provider": oauth,
    "rest_framework.authtoken": authtoken,
    "rest_framework_simplejwt.token_blacklist": blacklist,
    "reversion": revisions,
    "simple_history": history,
    "taggit": tags,
    "waffle": waffle,
}


def user(name: str) -> User:
    return User.objects.create_user(name, password="secret")


def request() -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_USER_AGENT="tests")


def change(row: Model, **values: Any) -> None:
    """Save other values, and read them from the database again."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    stored = type(row)._default_manager.get(pk=row.pk)
    assert {name: getattr(stored, name) for name in values} == values


def gone(row: Model) -> None:
    """Delete it, and look whether it is gone."""
    key = row.pk
    row.delete()
    try:
        type(row)._default_manager.get(pk=key)
    except ObjectDoesNotExist:
        return
    raise AssertionError(f"{row!r} is still there after its delete()")
