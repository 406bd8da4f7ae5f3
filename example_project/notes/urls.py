from django.urls import path

from notes import views

app_name = "notes"
urlpatterns = [
    path("", views.notes, name="notes"),
    path("identity/", views.sign_in, name="sign_in"),
    path("<str:note_id>/edit/", views.edit, name="edit"),
    path("<str:note_id>/delete/", views.delete, name="delete"),
]
