"""The program with a network that loses 2 % of the pieces of answers: a module to run."""

from random import Random

from logviewer.__main__ import main
from logviewer.hosts.asking import Asking
from logviewer.hosts.transport import Received

LOST = 0.02


def _lose() -> None:
    random, receive = Random(1), Asking._receive

    def lossy(asking: Asking, message: Received) -> None:
        if random.random() >= LOST:
            receive(asking, message)

    Asking._receive = lossy  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    _lose()
    main()
