"""Several processes that answer from one port: started, started anew where one dies, and ended together."""

import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from logviewer.errors import CannotRunError

# What all of them together have, of the two seconds that a server may take.
_END_SECONDS = 1.8
# One that ends as soon as it is ready does not take all of a processor.
_START_SECONDS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOG = logging.getLogger("logviewer")


@dataclass(frozen=True, slots=True)
class Worker:
    """One of them, from its own side. Either descriptor becomes readable once what it is named after is so.

    ``is_first``: no other one had its place before.
    """

    number: int
    listener: socket.socket
    is_first: bool
    parent_is_gone: int
    input_is_over: int
    ready: Callable[[], None]


@dataclass(slots=True)
class _Slot:
    """Where a worker is, or is to be; its listener stays, so that whoever comes meanwhile waits for the next one."""

    number: int
    listener: socket.socket
    pid: int | None = None
    is_ready: bool = False
    started: float = 0.0
    starts: int = 0
    reason: str = ""


class Supervisor:
    """The parent: does nothing but to look after them. ``work`` is what each does, ``ready`` is called once all are."""

    def __init__(
        self, listeners: Sequence[socket.socket], work: Callable[[Worker], None], *, ready: Callable[[], None]
    ) -> None:
        self._slots = [_Slot(number, listener) for number, listener in enumerate(listeners, 1)]
        self._work = work
        self._ready: Callable[[], None] | None = ready
        self._stopped = False
        # Signals and workers are heard here.
        self._news, self._tell = socket.socketpair(type=socket.SOCK_DGRAM)
        self._tell.settimeout(0)
        # Only the parent has the other end of this one.
        self._parent_is_gone, self._lifeline = os.pipe()
        # What is written to this one nobody takes out: workers that come later see it, too.
        self._input_is_over, self._input = os.pipe()

    def run(self) -> None:
        """Look after them until SIGINT or SIGTERM. Raises CannotRunError if none can start."""
        signal.set_wakeup_fd(self._tell.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        try:
            while not self._stopped:
                wait = self._start_due()
                self._hear(wait)
                self._poll()
        finally:
            self._end()

    def input_is_over(self) -> None:
        """Let all workers know that standard input has ended. For any thread."""
        os.write(self._input, b"\n")

    def _stop(self, *_: object) -> None:
        self._stopped = True

    # Starting

    def _start_due(self) -> float | None:
        """Start those that are due; seconds until the next one is, if one is missing."""
        now = time.monotonic()
        missing = [slot for slot in self._slots if slot.pid is None]
        for slot in missing:
            if not slot.starts or now - slot.started >= _START_SECONDS:
                slot.started, slot.reason = now, ""
                self._start(slot)
        left = [slot.started + _START_SECONDS - now for slot in missing if slot.pid is None]
        return min(left, default=None)

    def _start(self, slot: _Slot) -> None:
        with _held_back():
            try:
                slot.pid = os.fork()
            except OSError as error:
                self._refuse_to_begin(f"cannot start a worker: {error.strerror}")
                _LOG.warning("worker %d cannot be started now: %s", slot.number, error.strerror)
            if slot.pid == 0:
                self._become(slot)
        slot.starts += 1

    def _become(self, slot: _Slot) -> NoReturn:
        """Be the worker, and never come back: what the parent has still to do is none of its business."""
        code = 1
        try:
            self._leave_parent(slot)
            ready = f"ready {slot.number} ".encode()
            self._work(
                Worker(
                    slot.number,
                    slot.listener,
                    is_first=slot.number == 1 and not slot.starts,
                    parent_is_gone=self._parent_is_gone,
                    input_is_over=self._input_is_over,
                    ready=lambda: _send(self._tell, ready),
                )
            )
            code = 0
        except CannotRunError as error:
            _send(self._tell, f"failed {slot.number} {error}".encode())
        except Exception as error:  # noqa: BLE001 (told, and the end of this process)
            _LOG.exception("a worker failed")
            _send(self._tell, f"failed {slot.number} {error!r}".encode())
        finally:
            os._exit(code)

    def _leave_parent(self, slot: _Slot) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: os._exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._news.close()
        os.close(self._lifeline)
        for other in self._slots:
            if other.listener is not slot.listener:
                other.listener.close()

    # Looking after them

    def _hear(self, wait: float | None) -> None:
        """Take in what there is to hear, waiting for the first of it."""
        self._news.settimeout(wait)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            while True:
                self._take(self._news.recv(65536))
                self._news.settimeout(0)

    def _take(self, news: bytes) -> None:
        what, _, rest = news.decode(errors="replace").partition(" ")
        number, _, reason = rest.partition(" ")
        if what == "ready":
            self._slots[int(number) - 1].is_ready = True
        elif what == "failed":
            self._slots[int(number) - 1].reason = reason
        if self._ready and all(slot.is_ready for slot in self._slots):
            ready, self._ready = self._ready, None
            ready()

    def _poll(self) -> None:
        """See who has ended. Raises CannotRunError if none can start."""
        ended = self._reap()
        # What they said last is there by now.
        self._hear(0)
        for slot, pid, code in ended if not self._stopped else ():
            was_ready, slot.is_ready = slot.is_ready, False
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            if not was_ready:
                self._refuse_to_begin(slot.reason or f"a worker {how} before it was ready")
            _LOG.warning("worker %d (process %d) %s; it is started anew", slot.number, pid, slot.reason or how)

    def _reap(self) -> list[tuple[_Slot, int, int]]:
        """Places that have become free, the processes that had them, and their exit codes, negative for a signal."""
        ended = []
        for slot in self._slots:
            pid, status = os.waitpid(slot.pid, os.WNOHANG) if slot.pid else (0, 0)
            if pid:
                slot.pid = None
                ended.append((slot, pid, os.waitstatus_to_exitcode(status)))
        return ended

    def _refuse_to_begin(self, reason: str) -> None:
        """Raises CannotRunError unless it is one worker only that cannot start, among others that go on."""
        if self._ready or not any(slot.is_ready for slot in self._slots):
            raise CannotRunError(reason)

    def _end(self) -> None:
        """End all, those that do not end in time by force."""
        self._ready = None
        for slot in self._slots:
            slot.listener.close()
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        while any(slot.pid for slot in self._slots) and (left := deadline - time.monotonic()) > 0:
            self._hear(left)
            self._reap()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.pid:
                os.kill(slot.pid, number)


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Signals wait: one that comes while there are two of us is heard by whom it was sent to."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _send(tell: socket.socket, news: bytes) -> None:
    # A parent that is gone hears nothing.
    with contextlib.suppress(OSError):
        tell.send(news)
