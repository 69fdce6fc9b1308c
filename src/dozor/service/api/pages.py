"""Two pages for people: what the interface can do, and the tokens by which programs come in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dozor.service.api import tokens as kept
from dozor.service.api.models import SCOPES, Token
from dozor.service.api.operation import OPERATIONS
from dozor.service.parcels.people import person_of


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Every operation in a line; the document for machines is linked."""
    return render(request, "api/operations.html", {"operations": OPERATIONS})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens, with the last use of each; a new one is shown in the answer to its making and never again."""
    person, now = person_of(request.user), timezone.now()
    context = {"scopes": SCOPES, "shown": "", "problem": False, "name": "", "scope": "read"}
    if "revoke" in request.POST:
        try:
            kept.revoke(person, request.POST["revoke"], now)
        except Token.DoesNotExist:
            raise Http404 from None
        return redirect("api_tokens")
    if request.method == "POST":
        name, scope = request.POST.get("name", ""), request.POST.get("scope", "")
        try:
            context["shown"] = kept.make(person, name, scope, now)[1]
        except ValueError:
            context |= {"problem": True, "name": name, "scope": scope}
    context["tokens"] = Token.objects.of(person).filter(revoked_at=None)
    return render(request, "api/tokens.html", context, status=422 if context["problem"] else 200)
