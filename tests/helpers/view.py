"""Read all lines of a view over HTTP."""

from typing import Any

from tests.helpers.server import Server, until


def view_texts(server: Server, **params: Any) -> list[str]:
    """Return the texts of all lines of a view, once it is complete."""
    answer = until(lambda: complete_answer(server, params), what="a scanned view")
    return [line["text"] for line in answer["lines"]]


def complete_answer(server: Server, params: dict[str, Any]) -> Any:
    """Return the answer of ``GET /api/lines`` with all lines, or None while the view is not complete."""
    answer = server.get("/api/lines", start=0, count=5000, **params).json()
    return answer if answer["complete"] else None
