from django.urls import path

from guide import api, views

app_name = "guide"
urlpatterns = [
    path("", views.index, name="index"),
    path("statistics/", views.statistics, name="statistics_page"),
    path("statistics/warm/", views.warm, name="warm"),
    path("statistics/clear/", views.clear, name="clear_page"),
    path("statistics/reset/", views.reset, name="reset"),
    path("api/users", api.users, name="users"),
    path("api/users/conditional", api.conditional_users, name="conditional_users"),
    path("api/users/status", api.status, name="status"),
    path("api/users/invalidate", api.invalidate, name="invalidate"),
    path("api/users/refresh", api.refresh, name="refresh"),
    path("api/users/batch", api.batch, name="batch"),
    path("api/users/stale", api.stale, name="stale"),
    path("api/users/robust", api.robust, name="robust"),
    path("api/users/timing", api.timing, name="timing"),
    path("api/metrics", api.metrics, name="metrics"),
    path("api/statistics", api.statistics, name="statistics"),
    path("api/clear", api.clear, name="clear"),
    path("<slug:slug>/", views.section, name="section"),
]
