"""``/api/explain``: how one line is read, and by which rules."""

from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.files.lines import MAX_BYTES
from logviewer.formats.explanation import decisions, explanation_of
from logviewer.formats.record import record_at
from logviewer.rotation.position import Position
from logviewer.showable import visible_json
from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup, from_disk, locate
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import ExplainParameters

# Lines read before and after the line, for its record.
_AROUND = 500


class ExplainRoutes:
    """Explains lines in threads of ``loader``."""

    def __init__(self, lookup: Lookup, loader: ChunkLoader) -> None:
        self._lookup = lookup
        self._loader = loader
        self.router = APIRouter()
        self.router.get("/explain")(self.explain)

    async def explain(self, parameters: Annotated[ExplainParameters, Parameters()], user: CurrentUser) -> Response:
        """Return the time and level of a line, the rules that found them, its fields and the lines of its record."""
        source = await self._lookup.source(parameters.source, user)
        answer = await from_disk(self._loader, lambda: _explained(locate([source], "at", parameters.at)))
        return Response(visible_json(orjson.dumps(answer)), media_type=JSON, headers=NO_STORE)


def _explained(position: Position) -> dict[str, Any]:
    generation = position.generation
    following = _texts(position)
    if not following:
        raise HTTPException(404, "at: no line begins there")
    found = generation.lines_until(position.offset, _AROUND, most=MAX_BYTES)
    before = _texts(generation.position(found[0], None), found[1]) if found and found[1] else []
    line_format, number = generation.line_format, len(before)
    first, after = record_at([*before, *following], number, line_format)
    part, stamps = line_format.part(line_format.part_at(position.offset)), line_format.stamps(lambda: [position.offset])
    return {
        "text": following[0],
        **asdict(explanation_of(following[0], part, stamps[0] if stamps else None)),
        "record": {"before": number - first, "after": after - number - 1},
        "decisions": decisions(line_format),
    }


def _texts(position: Position, count: int = _AROUND) -> list[str]:
    """Return up to ``count`` lines from a position on. Raises OSError and FileChangedError."""
    generation = position.generation
    batch = generation.read(position, max_lines=count) or generation.read_unterminated(position)
    return batch.texts() if batch else []
