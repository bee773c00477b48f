"""The API of several hosts as one; see ``Merge``."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from logviewer.hosts.api import ApiAnswer
from logviewer.hosts.merge.histogram import histogram
from logviewer.hosts.merge.lines import lines
from logviewer.hosts.merge.numbers import ranks
from logviewer.hosts.merge.parts import HostPart, Hosts, Items, RefusedError, json_answer
from logviewer.hosts.merge.question import Question, WrongError
from logviewer.hosts.merge.search import Search
from logviewer.hosts.merge.stream import Stream
from logviewer.hosts.merge.text import TextStream, download, history, is_history


class Merge:
    """The answers to requests about sources of several hosts, as one server would give them over the same files.

    Where keys are equal, lines come in the order of the hosts. Items are the parameters of a request without the choice
    of sources. A host that does not answer is left out, and its name is in ``absent`` of the answer. Methods raise
    AbsentError if none answers.
    """

    def __init__(self, parts: Sequence[HostPart]) -> None:
        self._parts = parts

    async def lines(self, items: Items) -> ApiAnswer:
        """Return lines by number, cursor or time, as ``/api/lines``."""
        return await self._answer("/api/lines", Question(items, {"time"}), lines)

    async def histogram(self, items: Items) -> ApiAnswer:
        """Return line counts over time, as ``/api/histogram``."""
        return await self._answer("/api/histogram", Question(items, {"from", "to"}), histogram)

    async def search(self, items: Items) -> ApiAnswer:
        """Return every match and the progress, as ``/api/search``; close the body once the client has left."""
        return await self._answer(
            "/api/search", Question(items), lambda hosts, question: Search(hosts, question).open()
        )

    async def ranks(self, items: Items) -> ApiAnswer:
        """Return how many lines are before keys, as ``/api/ranks``."""
        return await self._answer("/api/ranks", Question(items), ranks)

    async def stream(self, items: Items, headers: Mapping[str, str]) -> ApiAnswer:
        """Return the events of all hosts, as ``/api/stream``. Close the body of the answer once its client has left.

        Of one host, this is its stream without breaks.
        """
        return await self._follow(Stream, items, headers)

    async def text(self, items: Items, headers: Mapping[str, str]) -> ApiAnswer:
        """Return the lines of all hosts as ``/api/stream`` returns text; see ``stream``."""
        question = Question(items)
        if is_history(question, headers):
            return await self._answer("/api/stream", question, history)
        return await self._follow(TextStream, items, headers)

    async def download(self, items: Items) -> ApiAnswer:
        """Return all lines of all hosts as a file; see ``stream``. Raises AbsentError if a host does not answer."""
        return await self._answer("/api/download", Question(items), download)

    async def _follow(self, kind: type[Stream], items: Items, headers: Mapping[str, str]) -> ApiAnswer:
        try:
            return await kind(self._parts, Question(items), headers.get("last-event-id")).open()
        except RefusedError as error:
            return json_answer({"detail": str(error)}, error.status)

    async def _answer(
        self, path: str, question: Question, answer: Callable[[Hosts, Question], Awaitable[ApiAnswer]]
    ) -> ApiAnswer:
        hosts = Hosts(self._parts)
        try:
            try:
                return await answer(hosts, question)
            except WrongError as error:
                raise await hosts.refuse(path, question.items, str(error)) from error
        except RefusedError as error:
            return json_answer({"detail": str(error)}, error.status)
