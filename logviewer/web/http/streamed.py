"""A response in pieces that leaves nothing behind when its client leaves."""

import asyncio

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class StreamedResponse(StreamingResponse):
    """A response in pieces that ends when its client leaves; nothing refers to its last pieces then.

    The base class cancels with a task group of anyio. There, a frame and the exception of the cancelled task refer to
    each other, and so to all frames with the last pieces, until the garbage collector runs.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (of the base class)
        """Send the response. Raises the errors of its pieces."""
        sending = asyncio.create_task(self.stream_response(send))
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait((sending, leaving))
        try:
            if not sending.cancelled():
                sending.result()
        finally:
            # An error refers to this frame.
            del sending
