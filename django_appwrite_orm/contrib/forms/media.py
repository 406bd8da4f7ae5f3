"""The files that the widgets need in a page: no script and no style stands in the page itself."""

from __future__ import annotations

from django.forms import Media

STYLE = "django_appwrite_orm/forms.css"
SCRIPT = "django_appwrite_orm/forms.js"

STYLE_ONLY = Media(css={"all": [STYLE]})
STYLE_AND_SCRIPT = Media(css={"all": [STYLE]}, js=[SCRIPT])
