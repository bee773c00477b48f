"""A process that has imported the program, and forks once for each run of it.

The imports take longer than most tests. A run has its own arguments, environment, directory, standard streams and exit
code. ``forked.py`` asks for runs.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import tempfile
import time
from typing import Any

from logviewer.__main__ import main
from tests.helpers.forked import LENGTH_BYTES

DESCRIPTORS = 4
"""Standard input, output and error of a run, and a pipe for its process id and exit code."""


def serve(requests: socket.socket) -> None:
    """Fork for each request. Return in the forks, ready to run the program; exit when the requests end."""
    # The keepers of runs need no parent that waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        head, descriptors, _, _ = socket.recv_fds(requests, LENGTH_BYTES, DESCRIPTORS)
        if not head:
            sys.exit()
        request = json.loads(requests.recv(int.from_bytes(head), socket.MSG_WAITALL))
        if os.fork() == 0:
            requests.close()
            _keep(request, descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(request: dict[str, Any], descriptors: list[int]) -> None:
    """Fork, and return in the fork; in the parent, report its process id and exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, status = descriptors
    if (pid := os.fork()) == 0:
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
        for descriptor in descriptors:
            os.close(descriptor)
        os.chdir(request["directory"])
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        tempfile.tempdir = None
        sys.argv[1:] = request["arguments"]
        return
    for descriptor in (0, 1, 2, *streams):
        os.close(descriptor)
    os.write(status, pid.to_bytes(LENGTH_BYTES))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(status, code.to_bytes(LENGTH_BYTES, signed=True))
    os._exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    main()
