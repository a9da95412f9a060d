"""The addresses of the example. Those below /podio/ are the middleware's."""

import views
from django.conf import settings
from django.urls import path
from django.views.static import serve

urlpatterns = [
    path("", views.home, name="home"),
    path("items/<int:item_id>", views.item, name="item"),
    # A real project has collectstatic and a web server for these.
    path("static/<path:path>", serve, {"document_root": settings.BASE_DIR / "static"}),
]
