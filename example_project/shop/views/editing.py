"""What all forms of the shop have in common: one template, messages, and errors of the server beside their fields."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.messages.views import SuccessMessageMixin
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic import CreateView, DeleteView, UpdateView


class _FormMixin(SuccessMessageMixin):
    """`back` is where a form that is not sent leads to; that of a change leads to what it would change."""

    template_name = "shop/form.html"
    back = ""

    def get_back(self) -> str:
        return self.object.get_absolute_url() if self.object else str(self.back)

    def form_valid(self, form: ModelForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:  # a value that somebody else has taken since the form looked
            form.add_error(None, "Another row has one of these values already. Nothing was saved.")
            return self.form_invalid(form)

    def form_invalid(self, form: ModelForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 400
        return response

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, noun=self.model._meta.verbose_name, back=self.get_back())


class AddView(_FormMixin, CreateView):
    success_message = "Added."


class ChangeView(_FormMixin, UpdateView):
    success_message = "Saved."


class RemoveView(DeleteView):
    """Asks first. A row that others need, such as a product that was ordered, stays, and a message says so."""

    template_name = "shop/delete.html"

    def form_valid(self, form: ModelForm) -> HttpResponse:
        try:
            response = super().form_valid(form)
        except ProtectedError as error:
            names = {str(protected._meta.verbose_name_plural) for protected in error.protected_objects}
            messages.error(self.request, f"{self.object} was not deleted: {' and '.join(sorted(names))} refer to it.")
            return redirect(self.object)
        messages.success(self.request, f"{self.object} was deleted.")
        return response

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, noun=self.model._meta.verbose_name)
