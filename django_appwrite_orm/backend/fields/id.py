"""The primary key that is the id of a row."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ...conf import ID_RULE, VALID_ID
from ...plans.limits import ID_LENGTH


def new_row_id() -> str:
    """Return a new id, made as Appwrite's SDK makes it."""
    from appwrite.id import ID  # the SDK is not imported at start-up

    made: str = ID.unique()
    return made


class IDField(models.CharField):  # type: ignore[type-arg]  # its types are those of CharField
    """A primary key that is the id of the row itself: 1 to 36 characters, `ID.unique()` unless given."""

    description = _("Id of a row in Appwrite")
    LENGTH = ID_LENGTH

    def __init__(self, *args: Any, **options: Any) -> None:
        options["max_length"] = self.LENGTH
        if options.get("primary_key"):
            options.setdefault("default", new_row_id)
            options.setdefault("editable", False)
        super().__init__(*args, **options)
        # Appwrite takes the id "0" for none.
        self.validators.append(
            RegexValidator(
                rf"\A(?!0\Z){VALID_ID.pattern}\Z",
                format_lazy(_("Use {rule}; not '0'."), rule=_(ID_RULE)),
                code="invalid",
            )
        )

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        del options["max_length"]
        if self.primary_key:
            if self.default is new_row_id:
                del options["default"]
            if self.editable:
                options["editable"] = True
            else:
                options.pop("editable", None)
        return name, "django_appwrite_orm.models.IDField", args, options
