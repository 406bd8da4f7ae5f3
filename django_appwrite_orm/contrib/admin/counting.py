"""Count no further than one request does."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.utils.formats import number_format
from django.utils.translation import pgettext

from ...backend.compile.counting import count_up_to
from ...plans.limits import TOTAL_LIMIT


class CappedCount(int):
    """So many rows or more. Its text is "5,000+", with the separators of the active language."""

    is_capped = True

    def __eq__(self, other: object) -> bool:
        # Django's number_format() groups the digits of everything but an empty text, which it passes through.
        return other == "" or int(self) == other

    __hash__ = int.__hash__

    def __str__(self) -> str:
        return pgettext("so many or more", "%s+") % number_format(int(self), force_grouping=True)


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator that counts a queryset up to `max_count` rows. The pages beyond follow one after another."""

    max_count = TOTAL_LIMIT
    # The last page that is there for certain.
    _reached = 0

    @cached_property
    def count(self) -> int:
        """The number of rows, a `CappedCount` where there are `max_count` or more."""
        rows: Any = self.object_list
        number = count_up_to(rows, self.max_count)
        return CappedCount(self.max_count) if number == self.max_count else number

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than were counted."""
        return isinstance(self.count, CappedCount)

    @property
    def num_pages(self) -> int:
        """The number of pages that are known to be there."""
        counted = max(1, math.ceil(max(0, self.count - self.orphans) / self.per_page))
        return max(counted, self._reached) if self.count or self.allow_empty_first_page else 0

    def validate_number(self, number: Any) -> int:
        """Return the number of a page; one beyond the counted rows is only known to be there once it was read."""
        try:
            return super().validate_number(number)
        except EmptyPage:
            if not self.is_capped or int(number) < 1:
                raise
            return int(number)

    def page(self, number: Any) -> Page[Any]:
        """Return a page. Raises EmptyPage for one beyond the last row."""
        number = self.validate_number(number)
        if not self.is_capped or number * self.per_page < self.count:
            return super().page(number)
        start, stop = (number - 1) * self.per_page, number * self.per_page
        rows: Any = self.object_list[start:stop]
        following: Any = self.object_list[stop : stop + 1]
        if not rows:
            raise EmptyPage(self.error_messages["no_results"])
        self._reached = number + bool(len(rows) == self.per_page and following)
        return Page(rows, number, self)
