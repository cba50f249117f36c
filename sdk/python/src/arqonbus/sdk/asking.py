"""Questions to the server and to other clients, and their answers."""

from __future__ import annotations

import asyncio
from typing import Awaitable, Iterable, TypeVar

from .errors import BusError, ClosedError, make_error
from .frames import Frame, JsonObject, Message, create_id, data_of
from .link import Link
from .raw import Raw
from .session import Session
from .traffic import Traffic

Result = TypeVar("Result")


class Asking(Raw):
    """Commands, private messages, and what both need: a connection that is there, and an end to waiting."""

    def __init__(
        self, session: Session, traffic: Traffic, timeout: float, *, can_return: bool, is_queuing: bool
    ) -> None:
        """``timeout`` is in seconds. Without ``is_queuing`` nothing waits for a connection."""
        super().__init__(session)
        self._traffic = traffic
        self._timeout = timeout
        self._can_return = can_return
        self._is_queuing = is_queuing

    async def send(
        self, to: str | Iterable[str], payload: JsonObject, metadata: JsonObject | None = None
    ) -> tuple[str, ...]:
        """Sends a private message to one client or several and returns those that are not connected.

        Raises ``TARGET_NOT_FOUND`` when none is. It is never sent again: when the connection breaks off before it is
        acknowledged it raises ``CLOSED``, and may have arrived.
        """
        frame = await self._send(create_id(), to, payload, metadata)
        return tuple(frame.get("payload", {}).get("missing", ()))

    async def request(self, to: str, payload: JsonObject, timeout: float | None = None) -> Message:
        """Sends a private message and returns the :meth:`reply` to it. Raises ``TIMEOUT`` when none comes in time."""
        message_id = create_id()
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._traffic.replies[message_id] = reply
        try:
            await self._send(message_id, to, payload, None)
            return await self._within(self._timeout if timeout is None else timeout, reply, "no reply")
        finally:
            del self._traffic.replies[message_id]

    async def reply(self, message: Message, payload: JsonObject) -> None:
        """Answers a private message: to its sender, with its id as ``metadata.causal_parent_id``."""
        await self.send(message.sender, payload, {"causal_parent_id": message.id})

    async def command(self, name: str, args: JsonObject | None = None, *, is_repeatable: bool = False) -> JsonObject:
        """Runs a command and returns the data of its answer. Arguments that are ``None`` are left out.

        When the connection breaks off before the answer it raises ``CLOSED``, and may have been carried out; with
        ``is_repeatable`` it is asked again after the reconnect.
        """
        self._manage()
        given = {key: value for key, value in (args or {}).items() if value is not None}
        while True:
            link = await self._ready()
            try:
                return data_of(await link.command(name, given, self._timeout))
            except ClosedError:
                if not is_repeatable or not self._can_return:
                    raise

    async def refresh(self, token: str) -> JsonObject:
        """Replaces the token of the connection by a newer one of the same subject."""
        return await self.command("refresh", {"token": token})

    async def ping(self) -> float:
        """The seconds to the server and back."""
        self._manage()
        link = await self._ready()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await link.request({"type": "ping", "id": create_id()}, self._timeout, "ping")
        return loop.time() - begun

    async def _send(
        self, message_id: str, to: str | Iterable[str], payload: JsonObject, metadata: JsonObject | None
    ) -> Frame:
        self._manage()
        targets = to if isinstance(to, str) else list(to)
        frame = {
            "type": "private",
            "id": message_id,
            "to": targets,
            "payload": payload,
            "metadata": metadata or {},
            "ack": True,
        }
        return await (await self._ready()).request(frame, self._timeout, "a private message")

    async def _ready(self) -> Link:
        self._refuse_if_offline()
        return await self._within(self._timeout, self._session.ready(), "no connection")

    def _refuse_if_offline(self) -> None:
        self._session.raise_if_over()
        if not self._is_queuing and self._session.state in ("waiting", "connecting"):
            raise make_error("CLOSED", "there is no connection at present", retry=True)

    async def _within(self, timeout: float, work: Awaitable[Result], what: str) -> Result:
        try:
            return await asyncio.wait_for(work, timeout)
        except asyncio.TimeoutError as late:
            if isinstance(late, BusError):
                raise
            raise make_error("TIMEOUT", f"{what} within {timeout:g} s", retry=True) from None
