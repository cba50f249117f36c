"""The client of the bus."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Awaitable, Callable, Iterable, Literal, Mapping, Union

from .asking import Asking
from .channel import Channel
from .cron import Cron
from .dialer import Dialer, ReconnectPolicy, TokenSource
from .errors import BusError, ClosedError, make_error
from .frames import (
    Gap,
    Joined,
    JsonObject,
    Message,
    Position,
    Since,
    Welcome,
    check_id,
    create_id,
    encode,
    place_since,
    read_message,
    split_address,
)
from .listeners import Callback, Listeners
from .outbox import Publish
from .session import Session, State
from .store import Store
from .subscription import Subscription
from .traffic import Traffic
from .webhooks import Webhooks

#: What can be listened to with :meth:`ArqonBusClient.on`.
Event = Literal["message", "private", "system", "gap", "state", "error", "frame"]

_DEFAULT_PUBLISH_SECONDS = 60.0


class ArqonBusClient(Asking):
    """A client of the bus at ``ws://host:port``.

    It is used in one of two ways. ``send_json`` and ``recv_json`` send and return frames as they are, the welcome
    first; there is no reconnect. The first call of anything else begins the other way: the client reads by itself,
    reconnects, and recovers what was missed; ``recv_json`` is refused from then on.

    ``get_token`` is asked before every connection; ``token`` is the same each time. ``timeout`` bounds each wait for
    the server, in seconds. ``reconnect`` may be a :class:`ReconnectPolicy`, or ``False``. While there is no connection,
    up to ``max_waiting`` publishes wait for one, or with ``offline="refuse"`` none. ``max_buffered`` bounds the unread
    messages of each subscription.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        get_token: TokenSource | None = None,
        client_type: str | None = None,
        screen_name: str | None = None,
        avatar: str | None = None,
        personality: str | None = None,
        room: str | None = None,
        channel: str | None = None,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = 10.0,
        reconnect: Union[bool, ReconnectPolicy] = True,
        offline: Literal["queue", "refuse"] = "queue",
        max_waiting: int = 1000,
        max_buffered: int = 1000,
    ) -> None:
        fields = {
            "client_type": client_type,
            "screen_name": screen_name,
            "avatar": avatar,
            "personality": personality,
            "room": room,
            "channel": channel,
        }
        self._max_buffered = max_buffered
        self._listeners = Listeners(max_buffered)
        traffic = Traffic(self._listeners, max_waiting, timeout)
        initial = f"{room}:{channel}" if room is not None and channel is not None else room
        if initial is not None and ":" in initial:
            traffic.channels[initial] = Channel(initial)
        policy = reconnect if isinstance(reconnect, ReconnectPolicy) else ReconnectPolicy() if reconnect else None
        dialer = Dialer(url, fields, dict(headers or {}), token, get_token, timeout, tls)
        session = Session(dialer, policy, traffic)
        super().__init__(session, traffic, timeout, can_return=policy is not None, is_queuing=offline == "queue")
        self._turn = asyncio.Lock()
        self.store = Store(self)
        self.cron = Cron(self)
        self.webhooks = Webhooks(self)

    @property
    def state(self) -> State:
        """``idle``, ``connecting``, ``open``, ``waiting``, ``recovering`` or ``closed``."""
        return self._session.state

    @property
    def error(self) -> BusError | None:
        """Why the client is closed; ``None`` after an ordinary end."""
        return self._session.error

    @property
    def welcome(self) -> Welcome | None:
        """What the server last said of itself; ``None`` before the first connection."""
        return self._session.welcome

    @property
    def watches(self) -> set[tuple[str | None, str]]:
        """What is watched in the store, as ``(namespace, prefix)``; asked for again after a reconnect."""
        return self._traffic.watches

    def position(self, address: str) -> tuple[int, str] | None:
        """The last place seen in a channel that was joined, as ``(sequence, epoch)``: a later ``since``."""
        channel = self._traffic.channels.get(address)
        return channel.place if channel is not None else None

    def on(self, event: Event, callback: Callback) -> Callable[[], None]:
        """Adds a callback and returns what removes it.

        ``message`` and ``private`` and ``system`` give a :class:`Message`, ``gap`` a :class:`Gap`, ``state`` a
        :class:`StateChange`, ``error`` a :class:`BusError` that nobody awaits, ``frame`` a frame as it came. A plain
        function must be quick; a coroutine function is awaited before it gets the next.
        """
        return self._listeners.add(event, callback)

    def on_message(self, address: str, callback: Callback) -> Callable[[], None]:
        """Adds a callback for the messages of one channel, which is to be joined too; returns what removes it."""
        return self._listeners.add(f"at {address}", callback)

    async def join(self, address: str, since: Since | None = None, presence: bool = False) -> Joined:
        """Joins a channel. With ``since`` the missed messages follow, if the bus still has them (``recovered``).

        ``since`` is a :class:`Message`, a :class:`Position`, a :class:`Joined`, or ``(sequence, epoch)``.
        """
        self._manage()
        if "channel" not in split_address(address):
            raise make_error("VALIDATION_ERROR", 'address: must be "room:channel"')
        known = self._traffic.channels.get(address)
        channel = known or Channel(address)
        place = place_since(since) if since is not None else None
        while True:
            link = await self._ready()
            if known is None and channel.link is link and channel.joined is not None:
                return channel.joined
            channel = self._traffic.channels.setdefault(address, channel)
            channel.presence = presence
            try:
                return await self._traffic.enter(link, channel, place)
            except ClosedError:
                if not self._can_return:
                    raise
                place = None
            except BusError:
                if known is None:
                    self._traffic.channels.pop(address, None)
                raise

    async def leave(self, address: str) -> None:
        """Leaves a channel; one that was not joined is left alike. Whoever reads it is at the end."""
        self._manage()
        self._traffic.forget(address)
        await self.command("leave_channel", split_address(address), is_repeatable=True)

    def subscribe(
        self,
        address: str,
        since: Since | None = None,
        presence: bool = False,
        *,
        gaps: bool = False,
        max_buffered: int | None = None,
    ) -> Subscription[Any]:
        """The messages of a channel, for ``async for``; joins it if need be.

        A message that may have missed predecessors carries ``gap``. With ``gaps=True`` a :class:`Gap` also stands in
        the place where it is. An address without channel gives what goes to the room as a whole, and joins nothing.
        """

        async def begin() -> None:
            self._manage()
            channel = self._traffic.channels.get(address)
            if since is not None or channel is None or channel.joined is None:
                await self.join(address, since, presence)

        is_room = "channel" not in split_address(address)
        names = [f"at {address}", *([f"gap {address}"] if gaps else [])]
        return self._listen(names, max_buffered, self._begin if is_room else begin)

    def messages(self, max_buffered: int | None = None) -> Subscription[Message]:
        """Every message of whatever kind and channel, for ``async for``; joins nothing."""
        return self._listen(["message"], max_buffered, self._begin)

    def inbox(self, max_buffered: int | None = None) -> Subscription[Message]:
        """The private messages, for ``async for``."""
        return self._listen(["private"], max_buffered, self._begin)

    async def publish(
        self,
        address: str,
        payload: JsonObject,
        type: Literal["message", "event"] = "message",
        metadata: JsonObject | None = None,
        id: str | None = None,
        ack: bool = True,
        *,
        echo: bool = False,
        timeout: float = _DEFAULT_PUBLISH_SECONDS,
    ) -> Position:
        """Publishes to a channel, or to a whole room, and returns when it is acknowledged.

        If the connection breaks off before that, it is sent again under the same id, so that it is delivered once.
        ``timeout`` bounds all of it, in seconds. With ``ack=False`` it returns once it is sent, and may get lost.
        """
        self._manage()
        message_id = create_id() if id is None else id
        check_id(message_id)
        more = {**(metadata or {}), **({"echo": True} if echo else {})}
        frame = {
            "type": type,
            "id": message_id,
            **split_address(address),
            "payload": payload,
            "metadata": more,
            "ack": ack,
        }
        encode(frame)
        if not ack:
            await (await self._ready()).post(frame)
            return Position(message_id, None, None, False)
        publish = Publish(address, frame)
        try:
            return await self._within(timeout, self._deliver(publish), f"no acknowledgement of {message_id}")
        finally:
            self._traffic.outbox.remove(publish)

    async def history(self, address: str, limit: int = 50, since: int | str | None = None) -> list[Message]:
        """The stored messages of a channel or room, oldest first; ``since`` is a sequence or a time (ISO 8601)."""
        args = {**split_address(address), "limit": limit, "since": since}
        data = await self.command("history", args, is_repeatable=True)
        return [message for message in map(read_message, data["history"]) if message is not None]

    async def _deliver(self, publish: Publish) -> Position:
        outbox = self._traffic.outbox
        async with self._turn:
            while True:
                self._refuse_if_offline()
                if publish.id in outbox:
                    raise make_error("CONFLICT", f"{publish.id} is on its way already")
                if not outbox.is_full:
                    break
                if self.state != "open":
                    raise make_error("OVERFLOW", f"{outbox.max_waiting} publishes wait for a connection", retry=True)
                await outbox.wait_for_room()
            outbox.add(publish)
            link = self._session.link
            if self.state == "open" and link is not None:
                await self._traffic.transmit(link, publish)
        return await publish.outcome

    async def _begin(self) -> None:
        self._manage()
        self._session.raise_if_over()

    def _listen(
        self, names: Iterable[str], max_buffered: int | None, begin: Callable[[], Awaitable[Any]]
    ) -> Subscription[Any]:
        subscription: Subscription[Any] = Subscription(
            self._max_buffered if max_buffered is None else max_buffered, begin
        )
        for name in names:
            self._listeners.subscribe(name, subscription)
        return subscription
