from django.apps import AppConfig

from django_appwrite_orm.signals.observers import observers
from tour.fetch_times import fetch_times


class TourConfig(AppConfig):
    name = "tour"

    def ready(self) -> None:
        if fetch_times not in observers:
            observers.append(fetch_times)
