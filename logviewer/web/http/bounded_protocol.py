"""HTTP/1.1 as uvicorn speaks it, with a bound on how long the head of a request may be."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from logviewer.web.http.security_headers import SECURITY_HEADERS

# More than the longest address that is answered, and the headers of any browser.
MAX_HEAD_BYTES = 128 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Gives up a connection whose request does not come to its body within that: whoever sends it is not known yet."""

    _in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take in what the client sent."""
        went_on = self._in_head
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if went_on and self._in_head else 0
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse("431 Request Header Fields Too Large", "the head of the request is too long")

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that it has ended."""
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request."""
        self._refuse("400 Bad Request", msg)

    def _refuse(self, status: str, told: str) -> None:
        headers = SECURITY_HEADERS | {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(told)),
            "connection": "close",
        }
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", told]
        self.transport.write("\r\n".join(lines).encode("ascii"))
        self.transport.close()
