"""The user of a request, stored in its scope by the guard."""

from starlette.requests import Request

from logviewer.settings import User
from logviewer.web.http import connections

_USER = "logviewer.user"
_HAS_SESSION = "logviewer.has-session"


def set_user(request: Request, user: User) -> None:
    """Store the user of a request that may pass."""
    request.scope[_USER] = user
    connections.sign_in(request.scope.get("state", {}))


def user_of(request: Request) -> User:
    """Return the user of a request that passed the guard."""
    user: User = request.scope[_USER]
    return user


def set_has_session(request: Request) -> None:
    """Note that a session cookie proved the user."""
    request.scope[_HAS_SESSION] = True


def has_session(request: Request) -> bool:
    """Whether a session cookie proved the user, so signing out has an effect."""
    return _HAS_SESSION in request.scope
