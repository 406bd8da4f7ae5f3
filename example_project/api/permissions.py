"""Who may write through the API, and how a browser proves that its form comes from this site."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from django.http.request import split_domain_port
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class FormAuthentication(SessionAuthentication):  # type: ignore[misc]  # DRF has no types
    """Users by their session, and a token in every form, also where nobody is signed in.

    A form of another site comes from this machine too. JSON, and methods other than POST, a browser does not send for
    another site.
    """

    def authenticate(self, request: Request) -> Any:
        if request.method == "POST" and request.content_type != "application/json":
            self.enforce_csrf(request)
        return super().authenticate(request)


class ReadOrLocal(BasePermission):  # type: ignore[misc]
    """Everybody may read; the staff may write, and so may anybody who sits at this machine.

    A proxy on this machine makes everybody look local. Therefore the request must also name this machine as its host,
    as one does who opens the demo, and no header of a proxy may be in it.
    """

    message = "Only the staff, and requests from this machine itself, may change something."

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return True
        return bool(request.user and request.user.is_staff) or _is_local(request)


def _is_local(request: Request) -> bool:
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"))
    host, _ = split_domain_port(request.get_host())
    return not forwarded and host in _LOCAL_NAMES and ip_address(request.META["REMOTE_ADDR"]).is_loopback
