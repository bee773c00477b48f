"""nginx with its nchan module, the peer for many readers: one worker, server-sent events."""

import http.client
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_START_SECONDS = 10.0
_CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {room}/pid; error_log {room}/error.log;
load_module {module};
events {{ worker_connections 10000; }}
http {{ access_log off; server {{
  listen 127.0.0.1:{port} backlog=2048;
  location /publish {{ nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 1; }}
  location /follow {{ nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message oldest; }}
}} }}
"""

ASKING = b"GET /follow HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Nchan:
    """A running nginx."""

    pid: int
    port: int
    _connection: http.client.HTTPConnection

    def publish(self, data: bytes) -> None:
        """Publish to all readers."""
        self._connection.request("POST", "/publish", data)
        self._connection.getresponse().read()


def is_here() -> bool:
    """Whether nginx and the module are installed."""
    return _MODULE.exists() and shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin") is not None


@contextmanager
def running() -> Iterator[Nchan]:
    """Run nginx for the block, with one message that each new reader gets first."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "nginx"
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as room, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        configuration = Path(room, "nginx.conf")
        configuration.write_text(_CONFIGURATION.format(room=room, module=_MODULE, port=port))
        process = subprocess.Popen([nginx, "-p", room, "-c", configuration], stderr=subprocess.DEVNULL)
        try:
            _await(port)
            found = Nchan(process.pid, port, http.client.HTTPConnection("127.0.0.1", port))
            found.publish(b"hello")
            yield found
        finally:
            process.terminate()
            process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            if time.monotonic() > deadline:
                raise RuntimeError("nginx did not start")
            time.sleep(0.05)
