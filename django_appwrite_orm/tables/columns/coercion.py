"""Convert lazy values, and scalars and arrays of numpy and pandas, to Python's own types."""

from __future__ import annotations

from typing import Any

from django.utils.functional import LazyObject, Promise, empty


def plain(value: Any) -> Any:
    """Evaluate a lazy value; convert a scalar or array of an array library. Return other values unchanged.

    Lazy values are those of `gettext_lazy` and the like, and `SimpleLazyObject`. Scalars and arrays are recognised by
    numpy's `dtype` and `tolist`, so that no array library is imported.
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
    if str(dtype) == "datetime64[ns]":  # tolist() would return nanoseconds as whole numbers
        value = value.astype("datetime64[us]")
    return value.tolist()
