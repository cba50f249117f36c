"""Publishes on their way: kept until they are acknowledged, so that they can be sent again."""

from __future__ import annotations

import asyncio
from typing import Any, Iterator

from .errors import BusError
from .frames import Frame, JsonObject, Position


class Publish:
    """One publish that waits for its acknowledgement."""

    def __init__(self, address: str, frame: JsonObject) -> None:
        self.id: str = frame["id"]
        self.address = address
        self.frame = frame
        self.outcome: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        #: The connection that it was last sent over; ``None`` while it was not.
        self.link: Any = None
        #: The client ids under which it was sent.
        self.senders: set[str] = set()
        #: When it was first sent: by the clock of the event loop, and by the server's.
        self.first_sent: float | None = None
        self.server_time = ""

    def settle(self, position: Position) -> None:
        """It is acknowledged."""
        if not self.outcome.done():
            self.outcome.set_result(position)

    def fail(self, error: BusError) -> None:
        """It is refused, or given up."""
        if not self.outcome.done():
            self.outcome.set_exception(error)
            # Whoever gave up meanwhile does not look at it.
            self.outcome.exception()


class Outbox:
    """Publishes in the order in which they were made, by id."""

    def __init__(self, max_waiting: int) -> None:
        self.max_waiting = max_waiting
        self._publishes: dict[str, Publish] = {}
        self._room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._publishes)

    def __iter__(self) -> Iterator[Publish]:
        return iter(list(self._publishes.values()))

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._publishes

    @property
    def is_full(self) -> bool:
        return len(self._publishes) >= self.max_waiting

    def get(self, message_id: str | None) -> Publish | None:
        return None if message_id is None else self._publishes.get(message_id)

    def add(self, publish: Publish) -> None:
        self._publishes[publish.id] = publish

    def remove(self, publish: Publish) -> None:
        if self._publishes.get(publish.id) is publish:
            del self._publishes[publish.id]
            self._room.set()

    async def wait_for_room(self) -> None:
        """Returns when something was settled; whoever waits looks again then."""
        self._room.clear()
        await self._room.wait()

    def wake(self) -> None:
        """Has whoever waits for room look again."""
        self._room.set()

    def fail_all(self, error: BusError) -> None:
        """Gives everything up."""
        for publish in self:
            publish.fail(error)


def position_of(frame: Frame) -> Position:
    """What an acknowledgement says."""
    sequence, epoch = frame.get("sequence"), frame.get("epoch")
    return Position(
        str(frame.get("id")),
        sequence if isinstance(sequence, int) else None,
        epoch if isinstance(epoch, str) else None,
        frame.get("duplicate") is True,
    )
