from __future__ import annotations

import pytest

from django_appwrite_orm.checks.middleware import order_problems
from django_appwrite_orm.web import AppwriteCacheMiddleware

OURS = "django_appwrite_orm.web.AppwriteCacheMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"
GZIP = "django.middleware.gzip.GZipMiddleware"


class Derived(AppwriteCacheMiddleware):
    pass


def test_the_right_order() -> None:
    assert order_problems([GZIP, OURS, "django.middleware.common.CommonMiddleware", SESSION, CSRF, MESSAGES]) == []


def test_a_site_without_it() -> None:
    assert order_problems([SESSION, CSRF]) == []


@pytest.mark.parametrize("setter", [SESSION, CSRF, MESSAGES])
@pytest.mark.parametrize("ours", [OURS, f"{__name__}.Derived"])
def test_what_sets_cookies_must_come_after(setter: str, ours: str) -> None:
    (problem,) = order_problems([setter, ours])
    assert problem.msg.startswith(f"{setter} is before {ours}, ")


def test_compression_must_come_before() -> None:
    (problem,) = order_problems([OURS, GZIP])
    assert problem.msg.startswith(f"{GZIP} is after {OURS}, ")
    assert problem.hint == "Move GZipMiddleware above AppwriteCacheMiddleware in MIDDLEWARE."


def test_middleware_that_is_a_function_or_not_there_is_passed_over() -> None:
    assert order_problems(["nowhere.Middleware", "django.http.JsonResponse.close", "os.getcwd", OURS]) == []


UPDATE = "django.middleware.cache.UpdateCacheMiddleware"
FETCH = "django.middleware.cache.FetchFromCacheMiddleware"


@pytest.mark.parametrize(
    "order", [[OURS, UPDATE, FETCH], [UPDATE, OURS, FETCH], [UPDATE, FETCH, OURS], [UPDATE, FETCH]]
)
def test_a_cache_of_whole_pages_is_reported_in_any_order(order: list[str]) -> None:
    problems = order_problems(order)
    assert [problem.msg.split()[0] for problem in problems] == [UPDATE, FETCH]
    assert all("caches whole pages" in problem.msg for problem in problems)
    assert all("cache_publicly" in str(problem.hint) for problem in problems)
