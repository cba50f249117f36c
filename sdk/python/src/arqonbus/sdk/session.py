"""The life of a client: its states, its connections one after the other, and its end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Literal

from .dialer import STABLE_SECONDS, Backoff, Dialer, ReconnectPolicy
from .errors import (
    NORMAL,
    PRESSING_CODES,
    AuthenticationError,
    BusError,
    BusTimeoutError,
    ClosedError,
    Closure,
    error_of_closure,
    make_error,
)
from .frames import Frame, Welcome
from .link import Link
from .socket import Socket
from .traffic import Traffic

_log = logging.getLogger("arqonbus")

#: The states; the README tells what leads from one to the other.
State = Literal["idle", "connecting", "open", "waiting", "recovering", "closed"]

_CANCEL_SECONDS = 0.2
#: So many tokens may be refused in a row.
_MAX_REFUSED_TOKENS = 2


@dataclass(frozen=True)
class StateChange:
    """A step from one state to the next."""

    old: State
    new: State
    #: Why, on the way to ``waiting``, ``closed`` and back to ``idle``; ``None`` after an ordinary end.
    error: BusError | None
    #: In ``waiting``: the seconds until the next attempt.
    delay: float | None


class Session:
    """Keeps a client connected, from the first high-level call on."""

    def __init__(self, dialer: Dialer, policy: ReconnectPolicy | None, traffic: Traffic) -> None:
        self.state: State = "idle"
        #: Why it ended; ``None`` while it has not, and after an ordinary end.
        self.error: BusError | None = None
        self.socket: Socket | None = None
        self.welcome: Welcome | None = None
        self.link: Link | None = None
        self._dialer = dialer
        self._policy = policy
        self._traffic = traffic
        self._change = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    @property
    def is_managed(self) -> bool:
        """Whether frames are read by the client itself."""
        return self._life is not None

    async def connect(self) -> None:
        """Opens the first connection; nothing is tried again."""
        if self.state != "idle":
            raise make_error("CONFLICT", f"the client is {self.state}; a new one can connect")
        self._step("connecting")
        try:
            self.socket, self.welcome = await self._dialer.dial()
        except BaseException as failure:
            self._step("idle", failure if isinstance(failure, BusError) else None)
            raise
        self._traffic.meet(self.welcome.client_id)
        self._step("open")

    def manage(self) -> None:
        """From now on the client reads by itself, and reconnects."""
        if self._life is not None or self.state != "open" or self.socket is None or self.welcome is None:
            return
        link = self._link(self.socket, self.welcome)
        if self._traffic.channels:
            self._step("recovering")
        self._life = asyncio.get_running_loop().create_task(self._live(link))

    async def ready(self) -> Link:
        """The open connection; waits for it. Raises the error with which the client ended."""
        while self.state != "open" or self.link is None or not self.link.is_open:
            self.raise_if_over()
            self._change.clear()
            await self._change.wait()
        return self.link

    def raise_if_over(self) -> None:
        """Raises what there is to say when no connection will come."""
        if self.state == "closed":
            raise self.error or make_error("CLOSED", "the client is closed")
        if self.state == "idle":
            raise make_error("CLOSED", "the client is not connected: use async with, or connect()")

    async def close(self, code: int, reason: str) -> None:
        """Ends it for good; safe to call more than once."""
        if self.state == "closed":
            return
        self._end(None)
        while self._life is not None and not self._life.done():
            # asyncio.wait_for before Python 3.12 overlooks a cancellation at the moment at which it has its result.
            self._life.cancel()
            await asyncio.wait([self._life], timeout=_CANCEL_SECONDS)
        if self.socket is not None:
            await self.socket.close(code, reason)

    def end_raw(self, error: BusError) -> None:
        """The connection of a client that reads by itself is gone."""
        self._end(error)

    async def _live(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(self._policy or ReconnectPolicy())
        try:
            while True:
                begun = loop.time()
                closure = await self._serve(link)
                if loop.time() - begun >= STABLE_SECONDS:
                    backoff.reset()
                link = await self._return(closure, backoff)
        except BusError as error:
            self._end(error)
        except Exception as failure:
            _log.exception("the client failed")
            self._end(make_error("PROTOCOL", f"the client failed: {type(failure).__name__}"))

    async def _serve(self, link: Link) -> Closure:
        """One connection, from its welcome to its end."""
        recovery = asyncio.get_running_loop().create_task(self._recover(link))
        try:
            closure = await link.read()
            link.abort()
            return closure
        finally:
            recovery.cancel()
            await asyncio.gather(recovery, return_exceptions=True)

    async def _recover(self, link: Link) -> None:
        if self.state == "open":
            return
        try:
            await self._traffic.recover(link)
        except (ClosedError, BusTimeoutError):
            link.abort()
        except Exception:
            _log.exception("the client could not recover")
            link.abort()
        else:
            if link.is_open:
                self._step("open")

    async def _return(self, closure: Closure, backoff: Backoff) -> Link:
        """Connects again, or raises why not."""
        error: BusError = error_of_closure(closure)
        if self._policy is None or closure.verdict == "stop":
            raise error
        if closure.verdict == "new token" and not self._dialer.can_renew:
            raise make_error("AUTH_INVALID", f"{closure}; get_token would give another token", closure=closure)
        refused = 0
        while True:
            if backoff.is_over:
                raise error
            is_pressing = error.closure is not None and error.closure.code in PRESSING_CODES
            delay = backoff.next(error.retry_after_ms, is_pressing)
            self._step("waiting", error, delay)
            await asyncio.sleep(delay)
            self._step("connecting")
            try:
                socket, welcome = await self._dialer.dial()
            except AuthenticationError as refusal:
                error, refused = refusal, refused + 1
                if refused >= _MAX_REFUSED_TOKENS or not self._dialer.can_renew:
                    raise
            except BusError as failure:
                error = failure
                is_expired = failure.closure is not None and failure.closure.verdict == "new token"
                if not failure.retry and not (is_expired and self._dialer.can_renew):
                    raise
            else:
                if self._is_over():
                    socket.abort()
                    raise asyncio.CancelledError
                link = self._link(socket, welcome)
                self._step("recovering")
                return link

    def _is_over(self) -> bool:
        """Whether it was closed meanwhile."""
        return self.state == "closed"

    def _link(self, socket: Socket, welcome: Welcome) -> Link:
        self.socket, self.welcome = socket, welcome
        self._traffic.meet(welcome.client_id)
        self.link = Link(socket, welcome, self._take)
        return self.link

    def _take(self, frame: Frame, was_awaited: bool) -> None:
        self._traffic.take(frame, was_awaited)

    def _step(self, new: State, error: BusError | None = None, delay: float | None = None) -> None:
        if self._is_over():
            return
        old, self.state = self.state, new
        self._change.set()
        self._traffic.outbox.wake()
        self._traffic.listeners.emit("state", StateChange(old, new, error, delay))

    def _end(self, error: BusError | None) -> None:
        if self._is_over():
            return
        is_normal = isinstance(error, ClosedError) and error.closure is not None and error.closure.code == NORMAL
        self.error = None if is_normal else error
        self._step("closed", self.error)
        self._traffic.fail_all(self.error or make_error("CLOSED", "the client is closed"))
        self._traffic.listeners.end_all(self.error)
