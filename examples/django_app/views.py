"""The pages of the example.

Three cases: nobody is signed in, a session is stored, and somebody has just come back with a code or an error.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.http import require_http_methods

from podio_web import LoginRequired, PodioError, StoreUnavailable, SyncPodio
from podio_web.web.django import login_required


def home(request: HttpRequest) -> HttpResponse:
    """Show the latest items to who is signed in, and the way in to everybody else."""
    if not request.podio.is_authenticated():
        return show(request, "welcome.html")
    order = {"limit": 5, "sort_by": "last_edit_on", "sort_desc": True}
    found = request.podio.post(f"/item/app/{settings.PODIO_APP_ID}/filter/", order)
    return show(request, "items.html", name=name_of(request.podio), items=found["items"])


@require_http_methods(["GET", "POST"])  # type: ignore[untyped-decorator]
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Show one item's title, and change it."""
    if request.method == "POST":
        return rename(request, item_id)
    if not request.podio.is_authenticated():
        # After signing in the person comes back to this very item.
        return show(request, "welcome.html")
    return show(request, "item.html", name=name_of(request.podio), item=request.podio.get(f"/item/{item_id}"))


@login_required
def rename(request: HttpRequest, item_id: int) -> HttpResponse:
    """Change one item's title; this is not called unless somebody is signed in."""
    request.podio.put(f"/item/{item_id}", {"fields": {"title": request.POST.get("title", "")}})
    return redirect("home")


class PodioProblems(MiddlewareMixin):  # type: ignore[misc]
    """Shows a page when Podio refuses something, or is away."""

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Answer for a view that raised an exception, or leave it to others."""
        if isinstance(problem, LoginRequired):
            # Podio does not renew the session any more. The person may sign in again.
            return redirect("home")
        if not isinstance(problem, PodioError) or isinstance(problem, StoreUnavailable):
            return None
        status = problem.status if problem.status in (403, 404) else 502
        text = problem.error_description or "Podio cannot be reached at the moment. Try again soon."
        return show(request, "problem.html", status, text=text)


def name_of(podio: SyncPodio) -> str:
    """Return the name of the person who is signed in."""
    me = podio.get("/user/status")
    return str(me["profile"]["name"] or me["user"]["mail"])


def show(request: HttpRequest, page: str, status: int = 200, **content: Any) -> HttpResponse:
    """Return a page; it is about one person, so nothing in between may keep it."""
    answer = render(request, page, content, status=status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return answer
