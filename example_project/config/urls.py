from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import include, path

handler403 = "tour.views.permission_denied"
handler404 = "tour.views.page_not_found"
handler500 = "tour.views.server_error"

urlpatterns = [
    path("", include("tour.urls")),
    path("", include("shop.api_urls")),
    path("shop/", include("shop.urls")),
    path("airports/", include("airports.urls")),
    path("guide/", include("guide.urls")),
    path("together/", include("together.urls")),
    path("notes/", include("notes.urls")),
    path("live/", include("live.urls")),
    path("api/", include("api.urls")),
    path("admin/", admin.site.urls),
    # Also without DEBUG. A site that others can reach has its web server or WhiteNoise for that.
    path("static/<path:path>", serve, {"insecure": True}),
]
