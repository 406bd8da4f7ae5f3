"""Where the recorded webhooks called."""

from django.urls import path

from django_appwrite_orm.web.webhooks import appwrite_webhook

urlpatterns = [
    path("hook", appwrite_webhook),
    path("hook/legacy", appwrite_webhook),
    path("other", appwrite_webhook, {"using": "other"}),
]
