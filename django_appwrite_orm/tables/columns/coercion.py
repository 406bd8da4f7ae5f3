"""Values as callers have them: lazy ones, and scalars and arrays of numpy and pandas."""

from __future__ import annotations

from typing import Any

from django.utils.functional import LazyObject, Promise, empty


def plain(value: Any) -> Any:
    """What a lazy value stands for, and what an array or a scalar of an array library is in Python's own types.

    Covers `gettext_lazy` and the like, `SimpleLazyObject`, and whatever has numpy's `dtype` and `tolist`, which is
    asked by its attributes, so that no array library is imported. Anything else comes back unchanged.
    """
    if isinstance(value, Promise):
        return plain(value._proxy____cast())  # type: ignore[attr-defined]  # as Django's Field.get_prep_value
    if isinstance(value, LazyObject):
        if value._wrapped is empty:
            value._setup()
        return plain(value._wrapped)
    dtype = getattr(value, "dtype", None)
    if dtype is None or isinstance(value, type) or not callable(getattr(value, "tolist", None)):
        return value
    if str(dtype) == "datetime64[ns]":  # numpy would make whole numbers of nanoseconds
        value = value.astype("datetime64[us]")
    return value.tolist()
