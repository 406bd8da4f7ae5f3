"""`{% bar %}`: where a page has its bar."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from tour.bar import SLOT

register = template.Library()


@register.simple_tag
def bar() -> SafeString:
    return mark_safe(SLOT)  # noqa: S308 - our own constant
