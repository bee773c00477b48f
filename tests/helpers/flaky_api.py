"""An API of a host that fails as tests want it to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from logviewer.hosts.api import AbsentError, Api, ApiAnswer, ApiRequest, BrokenError

Body = Callable[[bytes], bytes]


@dataclass(slots=True)
class FlakyApi:
    """Calls another API. Tests change its fields at any time.

    ``fails`` returns whether a call finds the host absent, or breaks after ``breaks_at`` bytes of the body. ``change``
    returns other bytes for a whole body.
    """

    api: Api
    fails: Callable[[ApiRequest], bool] = lambda _: False
    breaks_at: int | None = None
    change: Body | None = None
    calls: list[ApiRequest] = field(default_factory=list)
    open_calls: int = 0

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """See ``Api``."""
        self.calls.append(request)
        fails = self.fails(request)
        if fails and self.breaks_at is None:
            raise AbsentError("nobody is there")
        async with self._counted(), self.api.call(request) as answer:
            if self.change is not None:
                body = self.change(await answer.read(1 << 30))
                yield ApiAnswer(answer.status, answer.headers, _once(body))
            elif fails:
                yield ApiAnswer(answer.status, answer.headers, _cut(answer.body, self.breaks_at or 0))
            else:
                yield answer

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self.open_calls += 1
        try:
            yield
        finally:
            self.open_calls -= 1


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _cut(body: AsyncIterator[bytes], left: int) -> AsyncIterator[bytes]:
    async for piece in body:
        if len(piece) > left:
            yield piece[:left]
            break
        left -= len(piece)
        yield piece
    raise BrokenError("a piece is lost")
