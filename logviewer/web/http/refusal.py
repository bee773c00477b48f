"""Error responses of the modules around the application, in the form of the API's own."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response


def refusal(
    status: int, detail: str, headers: Mapping[str, str] | None = None, *, retry_seconds: int | None = None
) -> Response:
    """Return ``{"detail": …}``; ``retry_seconds`` adds the time to wait to the text and as ``Retry-After``."""
    headers = dict(headers or {})
    if retry_seconds is not None:
        detail = f"{detail}; retry in {retry_seconds} s"
        headers["retry-after"] = str(retry_seconds)
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)
