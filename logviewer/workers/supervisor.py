"""Several worker processes behind one port: the parent starts them, replaces dead ones, and stops all together."""

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

# For all workers together, of the two seconds in which a server must end.
_STOP_SECONDS = 1.8
# A worker that dies at once must not keep a CPU core busy with new ones.
_RESTART_SECONDS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOG = logging.getLogger("logviewer")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, as seen from inside.

    ``is_first`` is true for worker 1 unless it replaces another one. The descriptors ``parent_is_gone`` and
    ``input_is_over`` each become readable on that event. Call ``ready`` once the worker accepts connections.
    """

    number: int
    listener: socket.socket
    is_first: bool
    parent_is_gone: int
    input_is_over: int
    ready: Callable[[], None]


@dataclass(slots=True)
class _Slot:
    """A worker as seen from the parent. Its listener stays open, so new connections wait for the next worker."""

    number: int
    listener: socket.socket
    pid: int | None = None
    is_ready: bool = False
    started: float = 0.0
    starts: int = 0
    reason: str = ""


class Supervisor:
    """The parent of the workers. ``work`` runs in each worker; ``ready`` is called once all workers are ready."""

    def __init__(
        self, listeners: Sequence[socket.socket], work: Callable[[Worker], None], *, ready: Callable[[], None]
    ) -> None:
        self._slots = [_Slot(number, listener) for number, listener in enumerate(listeners, 1)]
        self._work = work
        self._ready: Callable[[], None] | None = ready
        self._stopped = False
        # Signals and messages of the workers arrive here.
        self._inbox, self._outbox = socket.socketpair(type=socket.SOCK_DGRAM)
        self._outbox.settimeout(0)
        # Only the parent holds the write end: when the parent ends, the workers see the end of the pipe.
        self._parent_is_gone, self._lifeline = os.pipe()
        # Nothing reads this pipe empty, so workers that start later see the event too.
        self._input_is_over, self._input = os.pipe()

    def run(self) -> None:
        """Supervise the workers until SIGINT or SIGTERM. Raises CannotRunError if they cannot start."""
        signal.set_wakeup_fd(self._outbox.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _SIGNALS:
            signal.signal(number, self._request_stop)
        try:
            while not self._stopped:
                wait = self._start_due()
                self._receive(wait)
                self._poll()
        finally:
            self._stop_all()

    def input_is_over(self) -> None:
        """Notify all workers of the end of standard input. Thread-safe."""
        os.write(self._input, b"\n")

    def _request_stop(self, *_: object) -> None:
        self._stopped = True

    # Start

    def _start_due(self) -> float | None:
        """Start the workers that are due; return the seconds until the next is due, None if none is missing."""
        now = time.monotonic()
        missing = [slot for slot in self._slots if slot.pid is None]
        for slot in missing:
            if not slot.starts or now - slot.started >= _RESTART_SECONDS:
                slot.started, slot.reason = now, ""
                self._start(slot)
        left = [slot.started + _RESTART_SECONDS - now for slot in missing if slot.pid is None]
        return min(left, default=None)

    def _start(self, slot: _Slot) -> None:
        with _signals_blocked():
            try:
                slot.pid = os.fork()
            except OSError as error:
                self._raise_unless_serving(f"cannot start a worker: {error.strerror}")
                _LOG.warning("cannot start worker %d now: %s", slot.number, error.strerror)
            if slot.pid == 0:
                self._run_worker(slot)
        slot.starts += 1

    def _run_worker(self, slot: _Slot) -> NoReturn:
        """Run the worker and exit: the parent's cleanup must not run in this process."""
        code = 1
        try:
            self._detach_from_parent(slot)
            ready = f"ready {slot.number} ".encode()
            self._work(
                Worker(
                    slot.number,
                    slot.listener,
                    is_first=slot.number == 1 and not slot.starts,
                    parent_is_gone=self._parent_is_gone,
                    input_is_over=self._input_is_over,
                    ready=lambda: _send(self._outbox, ready),
                )
            )
            code = 0
        except CannotRunError as error:
            _send(self._outbox, f"failed {slot.number} {error}".encode())
        except Exception as error:  # noqa: BLE001 (logged, and the process ends)
            _LOG.exception("worker failed")
            _send(self._outbox, f"failed {slot.number} {error!r}".encode())
        finally:
            os._exit(code)

    def _detach_from_parent(self, slot: _Slot) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: os._exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._inbox.close()
        os.close(self._lifeline)
        for other in self._slots:
            if other.listener is not slot.listener:
                other.listener.close()

    # Supervise

    def _receive(self, wait: float | None) -> None:
        """Handle all messages; wait for the first one up to ``wait`` seconds, without a limit if it is None."""
        self._inbox.settimeout(wait)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            while True:
                self._handle(self._inbox.recv(65536))
                self._inbox.settimeout(0)

    def _handle(self, message: bytes) -> None:
        kind, _, rest = message.decode(errors="replace").partition(" ")
        number, _, reason = rest.partition(" ")
        if kind == "ready":
            self._slots[int(number) - 1].is_ready = True
        elif kind == "failed":
            self._slots[int(number) - 1].reason = reason
        if self._ready and all(slot.is_ready for slot in self._slots):
            ready, self._ready = self._ready, None
            ready()

    def _poll(self) -> None:
        """Reap dead workers. Raises CannotRunError if they cannot start."""
        ended = self._reap()
        # Their last messages have arrived by now.
        self._receive(0)
        for slot, pid, code in ended if not self._stopped else ():
            was_ready, slot.is_ready = slot.is_ready, False
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            if not was_ready:
                self._raise_unless_serving(slot.reason or f"a worker {how} before it was ready")
            _LOG.warning("worker %d (process %d) %s; restarting it", slot.number, pid, slot.reason or how)

    def _reap(self) -> list[tuple[_Slot, int, int]]:
        """Return the slots of dead workers, their process ids, and exit codes (negative for a signal)."""
        ended = []
        for slot in self._slots:
            pid, status = os.waitpid(slot.pid, os.WNOHANG) if slot.pid else (0, 0)
            if pid:
                slot.pid = None
                ended.append((slot, pid, os.waitstatus_to_exitcode(status)))
        return ended

    def _raise_unless_serving(self, reason: str) -> None:
        """Raise CannotRunError, unless the server was ready once and another worker still serves."""
        if self._ready or not any(slot.is_ready for slot in self._slots):
            raise CannotRunError(reason)

    def _stop_all(self) -> None:
        """Stop all workers; kill any that do not end in time."""
        self._ready = None
        for slot in self._slots:
            slot.listener.close()
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while any(slot.pid for slot in self._slots) and (left := deadline - time.monotonic()) > 0:
            self._receive(left)
            self._reap()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.pid:
                os.kill(slot.pid, number)


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block signals around a fork, until each process has handlers of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _send(outbox: socket.socket, message: bytes) -> None:
    # Fails without a parent.
    with contextlib.suppress(OSError):
        outbox.send(message)
