"""The URL of the recorded webhooks, and a page that reads the rows that they report."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from django_appwrite_orm.web.webhooks import appwrite_webhook
from tests.events.tables import Open


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(",".join(f"{row.id}={row.n}" for row in Open.objects.order_by("id")))


urlpatterns = [
    path("hook", appwrite_webhook),
    path("hook/legacy", appwrite_webhook),
    path("other", appwrite_webhook, {"using": "other"}),
    path("page", page),
]
