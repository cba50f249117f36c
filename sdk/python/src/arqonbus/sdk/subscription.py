"""Messages as they come, for ``async for``."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, AsyncIterator, Awaitable, Callable, Generic, TypeVar

from .errors import BusError, make_error

Item = TypeVar("Item")


class Subscription(AsyncIterator[Item], Generic[Item]):
    """Items in the order in which they came.

    It takes items from the moment it is made, and buffers what is not read yet, up to ``max_buffered``. Beyond that it
    drops nothing in silence: what is buffered is still read, then the iterator raises ``OVERFLOW``. It ends when the
    client is closed or the channel is left, and raises the error with which the connection ended for good.

    ``async with`` ends it at the end of the block. One that is no longer referred to ends by itself.
    """

    def __init__(self, max_buffered: int, begin: Callable[[], Awaitable[Any]] | None = None) -> None:
        self._max_buffered = max_buffered
        self._begin = begin
        self._items: deque[Item] = deque()
        self._arrival = asyncio.Event()
        self._is_ended = False
        self._error: BusError | None = None

    @property
    def is_ended(self) -> bool:
        """Whether it takes no more items; buffered ones can still be read."""
        return self._is_ended

    def push(self, item: Item) -> None:
        """Adds an item; after the end it is ignored."""
        if self._is_ended:
            return
        if len(self._items) >= self._max_buffered:
            self.end(make_error("OVERFLOW", f"more than {self._max_buffered} messages wait to be read"))
            return
        self._items.append(item)
        self._arrival.set()

    def end(self, error: BusError | None = None) -> None:
        """Takes no more items.

        Once the buffered ones are read, the iterator raises the error, or is done without one.
        """
        if not self._is_ended:
            self._is_ended = True
            self._error = error
            self._arrival.set()

    def close(self) -> None:
        """Ends it and forgets what is buffered."""
        self._items.clear()
        self.end()
        self._error = None

    async def start(self) -> None:
        """Joins the channel if that has not been done; reading does it too."""
        begin, self._begin = self._begin, None
        if begin is not None and not self._is_ended:
            try:
                await begin()
            except BaseException:
                self._begin = begin
                raise

    async def __anext__(self) -> Item:
        await self.start()
        while not self._items:
            if self._is_ended:
                error, self._error = self._error, None
                if error is not None:
                    raise error
                raise StopAsyncIteration
            self._arrival.clear()
            await self._arrival.wait()
        return self._items.popleft()

    async def __aenter__(self) -> Subscription[Item]:
        await self.start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.close()
