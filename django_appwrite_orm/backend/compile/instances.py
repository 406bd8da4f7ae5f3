"""Instances of models from whole rows, made as `Model.from_db` makes them, in a third of its instructions.

For `Model.__init__` a field may come by position or by keyword, or have a default, and it finds out which for each
field of each instance. A whole row has all of them, so this is known once for a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from keyword import iskeyword
from types import MethodType
from typing import Any

from django.db import models
from django.db.models import signals
from django.db.models.base import ModelState

_INIT: Any = models.Model.__init__
_FROM_DB: Any = vars(models.Model)["from_db"].__func__

# Where the `_meta` of a model keeps its `Instances`.
_INSTANCES = "_appwrite_instances"

# The attributes are set as `__init__` sets them, so that descriptors and `__setattr__` are asked. As with Django, those
# see a row that is being added.
_SOURCE = """\
def from_db(self, db, field_names, values, *, fetch_mode=None):
    made = new(model)
    made._state = state = ModelState()
    {targets}, = values
    state.adding = False
    state.db = db
    if fetch_mode is not None:
        state.fetch_mode = fetch_mode
    return made
"""


class Instances:
    """Stands in for a model where Django asks it for instances of whole rows. In all else it is the model."""

    def __init__(self, model: type[models.Model]) -> None:
        self._model: Any = model
        self.fields = model._meta.concrete_fields
        names = [field.attname for field in self.fields]
        # Python writes other letters of a program in another way, where there are two; setattr() does not.
        are_in_programs = all(name.isidentifier() and name.isascii() and not iskeyword(name) for name in names)
        own_init = [base for base in model.__mro__ if "__init__" in vars(base) and base not in (models.Model, object)]
        own_new = model.__new__ is not object.__new__ or type(model).__call__ is not type.__call__
        self._is_plain = are_in_programs and not own_init and not own_new
        self.from_db: Any = _from_db(model, names) if self._is_plain else model.from_db

    @classmethod
    def of(cls, model: type[models.Model]) -> Instances:
        """Return what is kept for the model."""
        kept: Instances | None = vars(model._meta).get(_INSTANCES)
        if kept is None or kept._model is not model or kept.fields is not model._meta.concrete_fields:
            kept = vars(model._meta)[_INSTANCES] = cls(model)
        return kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def or_model(self) -> Any:
        """Return this, or the model where it makes instances in a way of its own, or somebody is to hear of them."""
        model = self._model
        is_plain = self._is_plain and model.__init__ is _INIT and getattr(model.from_db, "__func__", None) is _FROM_DB
        if is_plain and not (_is_heard(signals.pre_init, model) or _is_heard(signals.post_init, model)):
            return self
        return model


def use_instances(class_info: dict[str, Any] | None) -> None:
    """Have instances made by `Instances` in what Django's compiler knows of the models that a query selects."""
    if class_info is not None:
        model = class_info["model"]
        if len(class_info["select_fields"]) == len(model._meta.concrete_fields):  # else some are deferred
            class_info["model"] = Instances.of(model).or_model()
        for related in class_info.get("related_klass_infos", ()):
            use_instances(related)


def _from_db(model: type[models.Model], names: Sequence[str]) -> MethodType:
    scope: dict[str, Any] = {"ModelState": ModelState, "model": model, "new": object.__new__}
    source = _SOURCE.format(targets=", ".join(f"made.{name}" for name in names))
    exec(compile(source, f"<instances of {model._meta.label}>", "exec"), scope)  # noqa: S102 - of names alone
    return MethodType(scope["from_db"], model)


def _is_heard(signal: Any, model: type[models.Model]) -> bool:
    return bool(signal.receivers) and bool(signal.has_listeners(model))
