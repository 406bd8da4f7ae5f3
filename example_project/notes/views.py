"""Notes of two identities: each reads its own and the public ones, and what one has read is never another's result."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from notes.identities import IDENTITIES, Identity, notes_of
from notes.tables import permissions_of_note

_COOKIE = "demo-identity"
_MOST = 50


class NoteForm(forms.Form):
    text = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    public = forms.BooleanField(required=False, label="Everybody may read it")

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\0", "")


@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: HttpRequest) -> HttpResponse:
    """The notes that the identity may read, and a form for a new one."""
    identity = _identity(request)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if identity is not None and form.is_valid():
        public = form.cleaned_data["public"]
        permissions = permissions_of_note(identity.user_id, public=public)
        notes_of(identity).create(**form.cleaned_data, author=identity.name, permissions=permissions)
        return redirect("notes:notes")
    context = {
        "identity": identity,
        "identities": IDENTITIES.values(),
        "notes": notes_of(identity).order_by("-created_at")[:_MOST],
        "form": form,
    }
    return render(request, "notes/notes.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, note_id: str) -> HttpResponse:
    """Appwrite refuses what the identity may not change, which becomes a 403; what it may not read is not there."""
    identity = _identity(request)
    note = get_object_or_404(notes_of(identity), pk=note_id)
    form = NoteForm(request.POST or None, initial={"text": note.text, "public": note.public})
    if form.is_valid():
        note.text, note.public = form.cleaned_data["text"], form.cleaned_data["public"]
        if identity is not None and note.author == identity.name:
            note.permissions = permissions_of_note(identity.user_id, public=note.public)
        try:
            note.save()
        except ValidationError as error:  # text that Appwrite would take for an operator
            form.add_error("text", error.messages)
        else:
            return redirect("notes:notes")
    context = {"form": form, "note": note, "identity": identity}
    return render(request, "notes/edit.html", context, status=400 if form.errors else 200)


@require_POST
def delete(request: HttpRequest, note_id: str) -> HttpResponse:
    get_object_or_404(notes_of(_identity(request)), pk=note_id).delete()
    messages.success(request, "The note is deleted.")
    return redirect("notes:notes")


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Become one of the identities, or nobody. A real site would ask for more than a click."""
    response = redirect("notes:notes")
    if (key := request.POST.get("identity", "")) in IDENTITIES:
        response.set_signed_cookie(_COOKIE, key, httponly=True, samesite="Lax", path="/notes/")
    else:
        response.delete_cookie(_COOKIE, path="/notes/", samesite="Lax")
    return response


def _identity(request: HttpRequest) -> Identity | None:
    return IDENTITIES.get(request.get_signed_cookie(_COOKIE, ""))
