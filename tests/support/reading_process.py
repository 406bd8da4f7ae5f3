"""Another process: it reads the price of the one book for each line that it is sent, and says what it found and how.

Its arguments are the URL of a Redis, the file of a local Appwrite, and the seconds for which a proof counts.
"""

from __future__ import annotations

import sys


def main(redis_url: str, appwrite: str, proof: str) -> None:
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django_appwrite_orm", "tests.support.library"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}},
        APPWRITE_ORM={"default": {"ENDPOINT": appwrite, "DATABASE_ID": "library"}},
        USE_TZ=True,
    )
    import django

    django.setup()
    from django_appwrite_orm.cache import pending, recording
    from tests.support.library.tables import Book

    pending.PROOF = float(proof)
    for _ in sys.stdin:
        with recording() as record:
            (price,) = (book.price for book in Book.objects.all())
        print(price, record.worst.name, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
