"""A project with all of the apps. `DJANGO_SUITE_ENGINE` names another database engine, for a comparison."""

import os

from tests.support.site_settings import *  # noqa: F403
from tests.support.site_settings import INSTALLED_APPS, MIDDLEWARE

ENGINE = os.environ.get("DJANGO_SUITE_ENGINE") or "django_appwrite_orm.backend"

APPWRITE_ORM = {"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "shelf", "LOCAL_STRICT": True}}
DATABASES = {
    "default": {"ENGINE": ENGINE, "NAME": "default" if ENGINE == "django_appwrite_orm.backend" else ":memory:"},
}

ALLOWED_HOSTS = ["testserver"]  # that of django.test.Client
ROOT_URLCONF = "tests.third_party.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sites",
    "django_appwrite_orm",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "axes",
    "constance",
    "django_celery_results",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "guardian",
    "oauth2_provider",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "reversion",
    "simple_history",
    "taggit",
    "waffle",
    "tests.third_party.shelf",
]
MIDDLEWARE = [
    *MIDDLEWARE,
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
SITE_ID = 1
ACCOUNT_EMAIL_VERIFICATION = "none"
CONSTANCE_BACKEND = "constance.backends.database.DatabaseBackend"
CONSTANCE_CONFIG = {"THEME": ("light", "the theme"), "LIMIT": (10, "a number")}
