"""One open connection: frames out, answers matched to their requests, everything else handed on in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Callable

from .errors import BusError, ClosedError, Closure, error_of_closure, error_of_frame, make_error
from .frames import Frame, JsonObject, Welcome, create_id, decode, encode, request_id_of
from .socket import Socket

#: How many requests may wait for their answers at a time.
_MAX_WAITING = 10_000


@dataclass
class _Waiting:
    answer: asyncio.Future[Frame]
    #: Called with a good answer before the next frame is looked at.
    on_answer: Callable[[Frame], None] | None


class Link:
    """An open connection whose welcome has been read."""

    def __init__(self, socket: Socket, welcome: Welcome, frame_taker: Callable[[Frame, bool], None]) -> None:
        """``frame_taker`` gets every frame, and whether it was an answer that somebody awaited."""
        self.welcome = welcome
        self._socket = socket
        self._take = frame_taker
        self._waiting: dict[str, _Waiting] = {}
        self._closure: Closure | None = None
        #: The server's time when it last sent something, RFC 3339.
        self.server_time = str(welcome.frame.get("timestamp", ""))

    @property
    def is_open(self) -> bool:
        """Whether the end of the connection has not been noticed yet."""
        return self._closure is None

    async def read(self) -> Closure:
        """Reads to the end of the connection, and tells how it ended. Whatever waits for an answer then fails."""
        closure = Closure.of(1006)
        try:
            while True:
                frame = decode(await self._socket.receive())
                if frame is not None:
                    self._receive(frame)
        except ClosedError as closed:
            closure = closed.closure or closure
            return closure
        finally:
            self._finish(closure)

    async def post(self, frame: JsonObject) -> None:
        """Sends a frame that nobody waits for. Raises ``CLOSED``, and ``LIMIT_EXCEEDED`` for one that is too long."""
        if self._closure is not None:
            raise error_of_closure(self._closure)
        text = encode(frame)
        # One frame too long, and the server ends the connection for good.
        max_bytes = self.welcome.limits.get("max_message_bytes")
        if isinstance(max_bytes, int) and len(text.encode()) > max_bytes:
            raise make_error("LIMIT_EXCEEDED", f"the server takes no frame of more than {max_bytes} bytes")
        await self._socket.send(text)

    async def request(
        self, frame: JsonObject, timeout: float, name: str, on_answer: Callable[[Frame], None] | None = None
    ) -> Frame:
        """Sends a frame with an id and returns its answer.

        Raises what it is refused with, ``TIMEOUT`` or ``CLOSED``.
        """
        request_id = frame["id"]
        if len(self._waiting) >= _MAX_WAITING:
            raise make_error("OVERFLOW", f"{_MAX_WAITING} requests wait for an answer", retry=True)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = _Waiting(answer, on_answer)
        try:
            return await asyncio.wait_for(self._ask(frame, answer), timeout)
        except asyncio.TimeoutError as late:
            if isinstance(late, BusError):
                raise
            raise make_error("TIMEOUT", f"no answer to {name} within {timeout:g} s", retry=True) from None
        finally:
            self._waiting.pop(request_id, None)

    async def command(
        self, name: str, args: JsonObject, timeout: float, on_answer: Callable[[Frame], None] | None = None
    ) -> Frame:
        """Runs a command and returns the frame that answers it."""
        frame = {"type": "command", "id": create_id(), "command": name, "args": args}
        return await self.request(frame, timeout, f"the command {name}", on_answer)

    def abort(self) -> None:
        """Ends the connection at once; :meth:`read` tells of it."""
        self._socket.abort()

    async def _ask(self, frame: JsonObject, answer: asyncio.Future[Frame]) -> Frame:
        await self.post(frame)
        return await answer

    def _receive(self, frame: Frame) -> None:
        self.server_time = str(frame.get("timestamp", self.server_time))
        waiting = self._waiting.pop(request_id_of(frame) or "", None)
        if waiting is not None and not waiting.answer.done():
            if frame.get("type") == "error" or frame.get("status") == "error":
                waiting.answer.set_exception(error_of_frame(frame))
            else:
                if waiting.on_answer is not None:
                    waiting.on_answer(frame)
                waiting.answer.set_result(frame)
        self._take(frame, waiting is not None)

    def _finish(self, closure: Closure) -> None:
        self._closure = closure
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(error_of_closure(closure))
                # Whoever gave up meanwhile does not look at it.
                waiting.answer.exception()
        self._waiting.clear()
