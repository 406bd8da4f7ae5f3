from django.urls import path

from shop.views import makers, orders, products, reviews

app_name = "shop"
urlpatterns = [
    path("", products.products, name="products"),
    path("add/", products.AddProduct.as_view(), name="add"),
    path("<int:pk>/", products.product, name="product"),
    path("<int:pk>/edit/", products.ChangeProduct.as_view(), name="edit"),
    path("<int:pk>/delete/", products.RemoveProduct.as_view(), name="delete"),
    path("<int:pk>/review/", reviews.AddReview.as_view(), name="add_review"),
    path("reviews/<int:pk>/edit/", reviews.ChangeReview.as_view(), name="edit_review"),
    path("reviews/<int:pk>/delete/", reviews.RemoveReview.as_view(), name="delete_review"),
    path("makers/", makers.Makers.as_view(), name="makers"),
    path("makers/add/", makers.AddMaker.as_view(), name="add_maker"),
    path("makers/<int:pk>/", makers.maker, name="maker"),
    path("makers/<int:pk>/edit/", makers.ChangeMaker.as_view(), name="edit_maker"),
    path("makers/<int:pk>/delete/", makers.RemoveMaker.as_view(), name="delete_maker"),
    path("tags/", makers.Tags.as_view(), name="tags"),
    path("tags/add/", makers.AddTag.as_view(), name="add_tag"),
    path("tags/<int:pk>/edit/", makers.ChangeTag.as_view(), name="edit_tag"),
    path("tags/<int:pk>/delete/", makers.RemoveTag.as_view(), name="delete_tag"),
    path("orders/", orders.orders, name="orders"),
    path("orders/add/", orders.add_order, name="add_order"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/cancel/", orders.cancel_order, name="cancel_order"),
]
