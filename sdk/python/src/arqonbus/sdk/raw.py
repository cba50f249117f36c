"""Frames as they are: the connection without anything on top."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from .errors import BusError, ClosedError, make_error
from .frames import JsonObject, decode, encode
from .session import Session

Self = TypeVar("Self", bound="Raw")


class Raw:
    """Connects, sends and receives frames, and closes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._has_told_welcome = False
        self._is_receiving = False

    @property
    def client_id(self) -> str | None:
        """The id by which others reach the present connection; ``None`` before the first one."""
        welcome = self._session.welcome
        return welcome.client_id if welcome is not None else None

    async def connect(self: Self) -> Self:
        """Connects and reads the welcome. Raises a :class:`BusError` that says why not; nothing is tried again."""
        await self._session.connect()
        return self

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Ends the client for good; safe to call more than once. What waits fails with ``CLOSED``.

        ``code`` is 1000, or 3000 to 4999 for a meaning of your own.
        """
        if code != 1000 and not 3000 <= code <= 4999:
            raise make_error("VALIDATION_ERROR", f"close code {code} is not 1000, or 3000 to 4999")
        await self._session.close(code, reason)

    async def send_json(self, frame: JsonObject) -> None:
        """Sends a frame as it is. Raises ``CLOSED`` when there is no connection."""
        self._session.raise_if_over()
        if self._session.is_managed:
            if self._session.state != "open" or self._session.link is None:
                raise make_error("CLOSED", "there is no connection at present", retry=True)
            await self._session.link.post(frame)
        elif self._session.socket is not None:
            await self._session.socket.send(encode(frame))

    async def recv(self, timeout: float | None = None) -> str | bytes:
        """The text of the next frame, the welcome first. Raises ``TIMEOUT`` after so many seconds, or ``CLOSED``."""
        if self._session.is_managed:
            raise make_error("CONFLICT", "the client reads by itself: use subscribe(), messages() or on()")
        self._session.raise_if_over()
        if self._is_receiving:
            raise make_error("CONFLICT", "the next frame is awaited already")
        welcome, socket = self._session.welcome, self._session.socket
        if welcome is None or socket is None:
            raise make_error("CLOSED", "the client is not connected yet")
        if not self._has_told_welcome:
            self._has_told_welcome = True
            return welcome.text
        self._is_receiving = True
        try:
            return await asyncio.wait_for(socket.receive(), timeout)
        except ClosedError as closed:
            self._session.end_raw(closed)
            raise
        except asyncio.TimeoutError as late:
            if isinstance(late, BusError):
                raise
            raise make_error("TIMEOUT", f"no frame within {timeout:g} s", retry=True) from None
        finally:
            self._is_receiving = False

    async def recv_json(self, timeout: float | None = None) -> dict[str, Any]:
        """The next frame, the welcome first. As :meth:`recv`, and ``PROTOCOL`` for what is not a frame."""
        frame = decode(await self.recv(timeout))
        if frame is None:
            raise make_error("PROTOCOL", "the server sent something that is not a frame")
        return dict(frame)

    def _manage(self) -> None:
        """From now on the client reads by itself."""
        if self._is_receiving:
            raise make_error("CONFLICT", "a frame is awaited with recv(): let it come first")
        self._session.manage()

    async def __aenter__(self: Self) -> Self:
        return await self.connect()

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()
