"""The hosts of one request: asks them at the same time, and notes the ones that do not answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import orjson
from pydantic import TypeAdapter

from logviewer.hosts.api import AbsentError, Api, ApiAnswer, ApiRequest, BrokenError, HostError
from logviewer.hosts.merge.answers import MOST_BYTES, REFUSAL, parse
from logviewer.showable import one_line, visible_json

Items = Sequence[tuple[str, str]]
"""Parameters of a request, without the choice of sources."""

_OK = 200
_QUERIES_KEPT = 64
_TOO_MANY = 429
_MOST_REFUSAL_BYTES = 64 * 1024
_LOG = logging.getLogger("logviewer")

T = TypeVar("T")


class Named(Protocol):
    """The part of the facts of a source that a merge needs."""

    @property
    def id(self) -> str: ...  # noqa: D102 (see ``SourceStatus``)
    @property
    def name(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, eq=False)
class HostPart:
    """A host of a merged view, and its sources in the order of the request; ``name`` is None for this server."""

    name: str | None
    api: Api
    sources: Sequence[Named]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the sources."""
        return frozenset(each.id for each in self.sources)

    def request(self, path: str, items: Items, headers: Mapping[str, str] | None = None) -> ApiRequest:
        """Return a request about the sources of the host."""
        query = f"{urlencode([('source', each.id) for each in self.sources])}&{_encoded(tuple(items))}"
        return ApiRequest("GET", path, query, headers or {})


@lru_cache(_QUERIES_KEPT)
def _encoded(items: tuple[tuple[str, str], ...]) -> str:
    """Return the query with these parameters, which is mostly the same for all hosts."""
    return urlencode(items)


class RefusedError(Exception):
    """A host refuses the request, as it would refuse one for itself alone; the message is its reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class RepeatError(Exception):
    """A host has become absent between two questions of one request: what it answered before does not count."""


class Hosts:
    """The hosts of one request. ``parts`` are the ones that answer, in the order of the request."""

    def __init__(self, parts: Sequence[HostPart]) -> None:
        self.parts = list(parts)
        self._all = parts
        self._answered: set[HostPart] = set()

    @property
    def absent(self) -> list[str]:
        """The names of the hosts that do not answer."""
        return [str(part.name) for part in self.lost]

    @property
    def lost(self) -> list[HostPart]:
        """The hosts that do not answer."""
        return [part for part in self._all if part not in self.parts]

    def begin(self) -> None:
        """Forget which hosts have answered: the request is answered anew, by the hosts that are left."""
        self._answered.clear()

    def number(self, part: HostPart) -> int:
        """Return the place of a host in the order of the request."""
        return self._all.index(part)

    async def ask(
        self,
        path: str,
        questions: Mapping[HostPart, Items],
        form: TypeAdapter[T],
        check: Callable[[T, HostPart], None] = lambda *_: None,
    ) -> dict[HostPart, T]:
        """Return the answers of some hosts; a host without one is absent from then on.

        ``check`` raises BrokenError for an answer that cannot be right.

        Raises:
            RefusedError: if all hosts that answer refuse. One that refuses what another one answers is absent.
            RepeatError: if a host that answered before is absent now.
            AbsentError: if no host is left.
        """
        calls = [_ask(part, path, each, form, check) for part, each in questions.items()]
        tasks = [asyncio.create_task(call) for call in calls]
        try:
            results = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for task in tasks:
                task.cancel()
        answers = without_refusals(list(questions), results)
        found = {part: answer for part, answers in zip(questions, answers, strict=True) for answer in answers}
        lost = [part for part in questions if part not in found]
        for part in lost:
            self.lose(part)
        if not self._answered.isdisjoint(lost):
            raise RepeatError
        self._answered.update(found)
        return found

    def lose(self, part: HostPart) -> None:
        """Go on without a host. Raises AbsentError if none is left."""
        if part in self.parts:
            self.parts.remove(part)
        if not self.parts:
            raise AbsentError(f"{', '.join(self.absent)}: no answer")

    async def refuse(self, path: str, items: Items, reason: str) -> RefusedError:
        """Return the refusal of a request that cannot be understood: that of a host, or one with this reason."""
        try:
            await self.ask(path, {self.parts[0]: items}, TypeAdapter(Any))
        except RefusedError as error:
            return error
        return RefusedError(422, reason)


def without_refusals(parts: Sequence[HostPart], results: Sequence[list[T] | BaseException]) -> Sequence[list[T]]:
    """Return the results, nothing for a host that refuses what another one answers. Raises the error otherwise."""
    answered = any(isinstance(each, list) and each for each in results)
    found: list[list[T]] = []
    for part, each in zip(parts, results, strict=True):
        if isinstance(each, RefusedError) and answered:
            # Another version, or a host that means ill: it must not end the view of all.
            warn(part, BrokenError(f"it refused the request ({each.status})"))
            found.append([])
        elif isinstance(each, BaseException):
            raise each
        else:
            found.append(each)
    return found


async def _ask(
    part: HostPart, path: str, items: Items, form: TypeAdapter[T], check: Callable[[T, HostPart], None]
) -> list[T]:
    """Return the answer of a host in a list, which is empty if it is absent. Raises RefusedError."""
    try:
        async with part.api.call(part.request(path, items)) as answer:
            await raise_refusal(answer)
            found = parse(form, await answer.read(MOST_BYTES))
            check(found, part)
            return [found]
    except BrokenError as error:
        warn(part, error)
    except HostError:
        pass
    return []


async def raise_refusal(answer: ApiAnswer) -> None:
    """Raise RefusedError for the refusal of a request, BrokenError for any other answer without success."""
    if answer.status == _OK:
        return
    if not 400 <= answer.status < 500 or answer.status == _TOO_MANY:
        raise BrokenError(f"status {answer.status}")
    # Its own text, which might be a page, is not passed on.
    raise RefusedError(answer.status, parse(REFUSAL, await answer.read(_MOST_REFUSAL_BYTES))["detail"])


def warn(part: HostPart, error: HostError) -> None:
    """Log why the answer of a host does not count, once."""
    _warn(one_line(part.name), one_line(error))


@lru_cache(256)
def _warn(name: str, reason: str) -> None:
    _LOG.warning("host %s: %s", name, reason)


def json_answer(data: Mapping[str, Any], status: int = _OK) -> ApiAnswer:
    """Return an answer with JSON."""
    headers = [("content-type", "application/json"), ("cache-control", "no-store")]
    return ApiAnswer(status, headers, _pieces(visible_json(orjson.dumps(data))))


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body


def chosen(items: Items, *left_out: str) -> list[tuple[str, str]]:
    """Return the parameters without some."""
    return [(name, value) for name, value in items if name not in left_out]


def last_of(items: Items, name: str) -> str | None:
    """Return the value of a parameter that counts; None if it is not given."""
    return next((value for each, value in reversed(items) if each == name), None)


def sum_of(numbers: Iterator[int | None]) -> int | None:
    """Return a sum; None if a number is not known."""
    found = list(numbers)
    return None if None in found else sum(filter(None, found))
