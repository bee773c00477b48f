"""Uvicorn's HTTP/1.1 protocol with a limit on the size of a request's head."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from logviewer.web.http.security_headers import SECURITY_HEADERS

# Above the URL limit (``limits.MAX_URL_BYTES``) plus the headers of any browser.
MAX_HEAD_BYTES = 128 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request head is over the limit. The client need not be signed in to send one."""

    _in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Parse bytes from the client."""
        was_in_head = self._in_head
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if was_in_head and self._in_head else 0
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(
                "431 Request Header Fields Too Large",
                f"the head of the request is too long (limit {MAX_HEAD_BYTES} bytes)",
            )

    def on_message_begin(self) -> None:
        """Start to count the bytes of a head."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting."""
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request."""
        self._refuse("400 Bad Request", msg)

    def _refuse(self, status: str, text: str) -> None:
        headers = SECURITY_HEADERS | {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(text)),
            "connection": "close",
        }
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", text]
        self.transport.write("\r\n".join(lines).encode("ascii"))
        self.transport.close()
