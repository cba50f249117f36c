"""What goes through the client: messages in, each once and in order; publishes out, each once and in order."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

from .channel import Channel
from .errors import BusError, BusTimeoutError, ClosedError, error_of_frame, make_error
from .frames import Frame, Gap, Joined, Message, data_of, read_message, request_id_of
from .link import Link
from .listeners import Listeners
from .outbox import Outbox, Publish, position_of
from .recovery import clear_doubts, patiently

#: So many of the own former client ids are remembered.
_MAX_FORMER_IDS = 1000


class Traffic:
    """Channels, publishes and listeners of a client, across its connections."""

    def __init__(self, listeners: Listeners, max_waiting: int, timeout: float) -> None:
        self.listeners = listeners
        self.outbox = Outbox(max_waiting)
        self.channels: dict[str, Channel] = {}
        #: ``(namespace, prefix)`` of what is watched in the store.
        self.watches: set[tuple[str | None, str]] = set()
        #: Private messages that are awaited as replies, by the id of the request.
        self.replies: dict[str, asyncio.Future[Message]] = {}
        self._rooms: dict[str, Channel] = {}
        self._former_ids: OrderedDict[str, None] = OrderedDict()
        self._timeout = timeout

    def meet(self, client_id: str) -> None:
        """Remembers an own client id: what it publishes is not handed out when it comes back after a reconnect."""
        self._former_ids[client_id] = None
        while len(self._former_ids) > _MAX_FORMER_IDS:
            self._former_ids.popitem(last=False)

    def take(self, frame: Frame, was_awaited: bool) -> None:
        """Takes a frame of the server; the order of the calls is the order of the frames."""
        self.listeners.emit("frame", frame)
        publish = self.outbox.get(request_id_of(frame))
        if publish is not None:
            if frame.get("type") == "error":
                publish.fail(error_of_frame(frame))
            else:
                publish.settle(position_of(frame))
        elif frame.get("type") == "error" and not was_awaited:
            self.listeners.emit("error", error_of_frame(frame))
        message = read_message(frame)
        if message is not None:
            self._hand_out(message)

    async def enter(self, link: Link, channel: Channel, place: tuple[int, str] | None = None) -> Joined:
        """Joins a channel: from the place, or over a new connection from the last one seen, or from now on.

        The answer is taken before any message after it.
        """
        args = channel.begin_entry(place is not None or channel.link is not link, place)
        is_settled = False

        def settle(frame: Frame) -> None:
            nonlocal is_settled
            is_settled = True
            self._tell(channel.settle_entry(data_of(frame), link))

        try:
            await link.command("join_channel", args, self._timeout, settle)
        finally:
            if not is_settled:
                self._tell(channel.abandon_entry())
        assert channel.joined is not None
        return channel.joined

    def forget(self, address: str, error: BusError | None = None) -> None:
        """Forgets a channel; whoever reads it is at the end."""
        self.channels.pop(address, None)
        self.listeners.end(f"at {address}", error)

    async def transmit(self, link: Link, publish: Publish) -> None:
        """Sends a publish. When the connection is lost it stays in the outbox; what cannot be sent at all fails."""
        if publish.first_sent is None:
            publish.first_sent = asyncio.get_running_loop().time()
            publish.server_time = link.server_time
        publish.link = link
        publish.senders.add(link.welcome.client_id)
        try:
            await link.post(publish.frame)
        except ClosedError:
            pass
        except BusError as error:
            publish.fail(error)

    async def recover(self, link: Link) -> None:
        """After a reconnect: joins again what was joined, and sends again what was not acknowledged.

        When it returns, nothing waits to be sent. Raises ``CLOSED`` or ``TIMEOUT`` when the connection does not serve.
        """
        self._pass_rooms_over()
        for namespace, prefix in list(self.watches):
            await self._watch_again(link, namespace, prefix)
        for channel in list(self.channels.values()):
            await self._enter_again(link, channel)
        await clear_doubts(link, self.outbox, self._timeout)
        while True:
            unsent = [one for one in self.outbox if one.link is not link and not one.outcome.done()]
            if not unsent:
                return
            for publish in unsent:
                if not link.is_open:
                    raise make_error("CLOSED", "the connection broke off", retry=True)
                if not publish.outcome.done():
                    await self.transmit(link, publish)

    def fail_all(self, error: BusError) -> None:
        """Gives up everything that waits."""
        self.outbox.fail_all(error)
        self.outbox.wake()
        for reply in self.replies.values():
            if not reply.done():
                reply.set_exception(error)
                reply.exception()

    async def _enter_again(self, link: Link, channel: Channel) -> None:
        try:
            await patiently(lambda: self.enter(link, channel))
        except (ClosedError, BusTimeoutError):
            raise
        except BusError as error:
            self.forget(channel.address, error)
            self.listeners.emit("error", error)

    async def _watch_again(self, link: Link, namespace: str | None, prefix: str) -> None:
        args: dict[str, Any] = {"namespace": namespace, "prefix": prefix}
        try:
            await patiently(lambda: link.command("op.store.watch", args, self._timeout))
        except (ClosedError, BusTimeoutError):
            raise
        except BusError as error:
            self.watches.discard((namespace, prefix))
            self.listeners.emit("error", error)

    def _pass_rooms_over(self) -> None:
        for room in self._rooms.values():
            self._tell(room.pass_over("what goes to a room as a whole cannot be recovered"))

    def _hand_out(self, message: Message) -> None:
        channel = self._channel_of(message)
        if channel is not None:
            is_new, gap = channel.admit(message)
            self._tell(gap)
            if not is_new:
                return
        if message.sender in self._former_ids and message.metadata.get("echo") is not True:
            return
        if channel is not None:
            message = channel.label(message)
        parent = message.metadata.get("causal_parent_id")
        reply = self.replies.get(parent) if message.is_private and isinstance(parent, str) else None
        if reply is not None and not reply.done():
            reply.set_result(message)
            return
        self.listeners.emit("message", message)
        if message.is_private:
            self.listeners.emit("private", message)
        elif message.type == "system":
            self.listeners.emit("system", message)
        if message.address is not None:
            self.listeners.emit(f"at {message.address}", message)

    def _channel_of(self, message: Message) -> Channel | None:
        if message.sequence is None or message.room is None:
            return None
        if message.channel is not None:
            return self.channels.get(f"{message.room}:{message.channel}")
        return self._rooms.setdefault(message.room, Channel(message.room))

    def _tell(self, gap: Gap | None) -> None:
        if gap is not None:
            self.listeners.emit("gap", gap)
            self.listeners.emit(f"gap {gap.address}", gap)
