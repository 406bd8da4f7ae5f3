"""Which apps are tried, by the name that they have in INSTALLED_APPS."""

NAMES = (
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "axes",
    "constance",
    "django_celery_results",
    "django_otp.plugins.otp_totp",
    "guardian",
    "oauth2_provider",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "reversion",
    "simple_history",
    "taggit",
    "waffle",
)
