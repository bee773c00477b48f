"""The guard in front of the application: only allowed requests of known users pass."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from logviewer.settings import ANONYMOUS, Settings
from logviewer.web.auth.credentials import Credentials
from logviewer.web.auth.current_user import set_user
from logviewer.web.auth.host_names import HostNames
from logviewer.web.auth.lockout import LockedOutError, Lockout
from logviewer.web.auth.origin import is_foreign
from logviewer.web.auth.passwords import BusyError
from logviewer.web.auth.proxy import remote_user
from logviewer.web.auth.sign_in import SignIn, SignInPage
from logviewer.web.http.limits import RequestRate, refuse_size
from logviewer.web.http.refusal import refusal
from logviewer.web.http.security_headers import with_security_headers
from logviewer.web.static import SIGN_IN
from logviewer.workers.shared_state import SharedState


class Guard:
    """Middleware that answers refused requests and those to sign in or out, and passes on the others.

    ``sign_in_page`` renders that page; ``lockout`` counts wrong tokens and passwords; ``shared`` holds the ended
    sessions of all workers.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, sign_in_page: SignInPage, lockout: Lockout, shared: SharedState
    ) -> None:
        self._app = app
        self._settings = settings
        self._host_names = HostNames(settings.allow_host)
        self._request_rate = RequestRate()
        # Of signed-in clients: strangers at their address, such as that of a proxy, must not keep them out.
        self._known_rate = RequestRate()
        # Probes of a load balancer, and streams: after a network failure all of them reconnect at once.
        self._exempt_rate = RequestRate()
        self._credentials = Credentials(settings, lockout, shared.signed_out)
        self._sign_in = SignIn(self._credentials, sign_in_page, f"{settings.root_path}/", shared.browser)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request or pass it on; every response gets the security headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = self._with_root_path(scope)
        request = Request(scope, receive)
        try:
            response: ASGIApp = await self._respond(request) or self._app
        except LockedOutError as error:
            response = self._locked_out(request, error.seconds)
        except BusyError:
            response = self._busy(request)
        await response(scope, receive, with_security_headers(send))

    def _with_root_path(self, scope: Scope) -> Scope:
        """Return the scope with the root path, whether or not the proxy strips it from the path."""
        root, path = self._settings.root_path, scope["path"]
        is_kept = path.startswith(f"{root}/")
        return {**scope, "root_path": root, "path": path if is_kept else root + path}

    async def _respond(self, request: Request) -> Response | None:
        """Return a response, or None for a request that may pass. Raises LockedOutError, BusyError."""
        path = self._path(request)
        if response := self._refuse(request) or await self._refuse_rate(request, path):
            return response
        if _is_public(path) or self._is_preflight(request):
            return None
        if self._settings.no_auth:
            set_user(request, ANONYMOUS)
            return None
        if response := await self._sign_in.respond(request, path):
            return response
        user = await self._credentials.user(request)
        if user is None:
            late = await self._exempt_rate.refuse(request) if path == "/api/stream" else None
            return late or self._unauthorized(request, path)
        set_user(request, user)
        return None

    def _refuse(self, request: Request) -> Response | None:
        """Return the response to a request that is refused for every user."""
        if not self._host_names.allow(request.headers):
            return refusal(421, "this host name is not allowed; see --allow-host")
        if is_foreign(request, self._settings.allow_origin):
            return refusal(403, "a page of another origin sent this request; see --allow-origin")
        return refuse_size(request)

    async def _refuse_rate(self, request: Request, path: str) -> Response | None:
        if path == "/healthz":
            # Late, but never refused.
            await self._exempt_rate.refuse(request)
            return None
        if path == "/api/stream":
            return None
        rate = self._known_rate if self._credentials.is_known(request) else self._request_rate
        return await rate.refuse(request)

    def _unauthorized(self, request: Request, path: str) -> Response:
        if name := remote_user(request):
            return refusal(403, f"user {name!r}, named by the proxy, is not allowed here")
        if path == "/":
            return self._sign_in.ask(request)
        detail = "sign in first: send 'Authorization: Bearer TOKEN', or open the link that logviewer printed"
        return refusal(401, detail, {"www-authenticate": "Bearer"})

    def _locked_out(self, request: Request, seconds: int) -> Response:
        if self._path(request) not in ("/", "/sign-in"):
            return refusal(429, "too many failed sign-ins from this address", retry_seconds=seconds)
        response = self._sign_in.ask(request, wait=seconds)
        response.headers["retry-after"] = str(seconds)
        return response

    def _busy(self, request: Request) -> Response:
        if self._path(request) not in ("/", "/sign-in"):
            return refusal(503, "too many others are signing in", retry_seconds=1)
        response = self._sign_in.ask(request, busy=True)
        response.headers["retry-after"] = "1"
        return response

    def _is_preflight(self, request: Request) -> bool:
        # A preflight has neither the cookie nor the token of the request that it announces.
        announces = request.method == "OPTIONS" and "access-control-request-method" in request.headers
        return announces and request.headers.get("origin") in self._settings.allow_origin

    def _path(self, request: Request) -> str:
        return str(request.scope["path"]).removeprefix(self._settings.root_path)


def _is_public(path: str) -> bool:
    _, _, file = path.removeprefix("/static/").partition("/")
    return path == "/healthz" or (path.startswith("/static/") and file in SIGN_IN)
