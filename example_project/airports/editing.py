"""Add, change and delete an airport."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from airports.forms import AirportForm, count_airports
from airports.tables import Airport, Country
from django_appwrite_orm import atomic


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _form(request, AirportForm(request.POST))
    return _form(request, AirportForm(initial={"country": request.GET.get("country")}))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    airport = get_object_or_404(Airport, code=code)
    return _form(request, AirportForm(request.POST if request.method == "POST" else None, airport=airport))


def _form(request: HttpRequest, form: AirportForm) -> HttpResponse:
    if form.is_valid() and (airport := form.save()):
        return redirect("airports:airport", airport.code)
    # The address of the page stays that of the stored airport, whatever has been typed as its code.
    code = form["code"].initial if form.airport else None
    context = {"form": form, "code": code}
    return render(request, "airports/form.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, code: str) -> HttpResponse:
    airport = get_object_or_404(Airport, code=code)
    if request.method == "POST":
        country = Country.objects.get(code=airport.country)
        with atomic():
            airport.delete()
            count_airports(country, -1)
        return redirect("airports:country", country.code)
    return render(request, "airports/delete.html", {"airport": airport})
