"""Callbacks and subscriptions, by what they listen to."""

from __future__ import annotations

import asyncio
import inspect
import logging
import weakref
from typing import Any, Callable

from .subscription import Subscription

_log = logging.getLogger("arqonbus")

#: Called with one item; a coroutine function is awaited before it is called again.
Callback = Callable[[Any], Any]


class Listeners:
    """Callbacks and subscriptions, by name. What a callback raises is logged and keeps nobody else from being told."""

    def __init__(self, max_buffered: int) -> None:
        self._max_buffered = max_buffered
        self._callbacks: dict[str, list[Callback]] = {}
        self._subscriptions: dict[str, weakref.WeakSet[Subscription[Any]]] = {}
        self._pumps: set[asyncio.Task[None]] = set()

    def add(self, name: str, callback: Callback) -> Callable[[], None]:
        """Adds a callback and returns what removes it."""
        if inspect.iscoroutinefunction(callback):
            return self._pump(name, callback)
        callbacks = self._callbacks.setdefault(name, [])
        callbacks.append(callback)

        def remove() -> None:
            if callback in callbacks:
                callbacks.remove(callback)
            if not callbacks and self._callbacks.get(name) is callbacks:
                del self._callbacks[name]

        return remove

    def subscribe(self, name: str, subscription: Subscription[Any]) -> None:
        """Adds a subscription, for as long as somebody refers to it."""
        for idle in [known for known, subscriptions in self._subscriptions.items() if not subscriptions]:
            del self._subscriptions[idle]
        self._subscriptions.setdefault(name, weakref.WeakSet()).add(subscription)

    def emit(self, name: str, item: Any) -> None:
        """Tells everybody who listens to the name."""
        for callback in list(self._callbacks.get(name, ())):
            try:
                callback(item)
            except Exception:
                _log.exception("a callback for %s failed", name)
        subscriptions = self._subscriptions.get(name)
        if subscriptions is None:
            return
        for subscription in list(subscriptions):
            if subscription.is_ended:
                subscriptions.discard(subscription)
            else:
                subscription.push(item)

    def end(self, name: str, error: Any = None) -> None:
        """Ends the subscriptions to the name."""
        for subscription in list(self._subscriptions.pop(name, ())):
            subscription.end(error)

    def end_all(self, error: Any = None) -> None:
        """Ends every subscription and forgets every callback; coroutines that run are not broken off."""
        for name in list(self._subscriptions):
            self.end(name, error)
        self._callbacks.clear()

    def _pump(self, name: str, callback: Callback) -> Callable[[], None]:
        """A coroutine function gets a subscription of its own, which is read one item at a time."""
        subscription: Subscription[Any] = Subscription(self._max_buffered)
        self.subscribe(name, subscription)

        async def run() -> None:
            while True:
                try:
                    item = await subscription.__anext__()
                except StopAsyncIteration:
                    return
                except Exception as error:
                    _log.error("a callback for %s gets no more: %s", name, error)
                    return
                try:
                    await callback(item)
                except Exception:
                    _log.exception("a callback for %s failed", name)

        task = asyncio.get_running_loop().create_task(run())
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)
        return subscription.close
