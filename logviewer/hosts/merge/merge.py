"""The API of several hosts as one; see ``Merge``."""

from collections.abc import Awaitable, Callable, Sequence

from logviewer.hosts.api import ApiAnswer
from logviewer.hosts.merge.histogram import histogram
from logviewer.hosts.merge.lines import lines
from logviewer.hosts.merge.numbers import ranks
from logviewer.hosts.merge.parts import HostPart, Hosts, Items, RefusedError, json_answer
from logviewer.hosts.merge.question import Question, WrongError


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
        return await self._answer("/api/lines", items, lines)

    async def histogram(self, items: Items) -> ApiAnswer:
        """Return line counts over time, as ``/api/histogram``."""
        return await self._answer("/api/histogram", items, histogram)

    async def ranks(self, items: Items) -> ApiAnswer:
        """Return how many lines are before keys, as ``/api/ranks``."""
        return await self._answer("/api/ranks", items, ranks)

    async def _answer(
        self, path: str, items: Items, answer: Callable[[Hosts, Question], Awaitable[ApiAnswer]]
    ) -> ApiAnswer:
        hosts = Hosts(self._parts)
        question = Question(items)
        try:
            try:
                return await answer(hosts, question)
            except WrongError as error:
                raise await hosts.refuse(path, items, str(error)) from error
        except RefusedError as error:
            return json_answer({"detail": str(error)}, error.status)
