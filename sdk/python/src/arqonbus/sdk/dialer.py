"""How a connection comes about, and when the next one is tried."""

from __future__ import annotations

import asyncio
import inspect
import random
import ssl
from dataclasses import dataclass
from typing import Awaitable, Callable, Mapping, Union

from .errors import BusError, ClosedError, make_error
from .frames import Welcome, read_welcome
from .socket import Socket, build_url, open_socket, place_of

#: Returns the token for the next connection.
TokenSource = Callable[[], Union[str, Awaitable[str]]]

#: After so many seconds a connection counts as good, and the next loss of it is the first one again.
STABLE_SECONDS = 5.0


@dataclass(frozen=True)
class ReconnectPolicy:
    """How often, and how fast, the client comes back. Delays are in seconds.

    The delay before the n-th attempt in a row is drawn from 0 to ``min_delay * 2 ** (n - 1)``, at most ``max_delay``.
    Where the server named a delay, it is that one and up to ``min_delay`` more.
    """

    min_delay: float = 0.25
    max_delay: float = 30.0
    #: So many attempts in a row, then the client is closed; ``None``: it never gives up.
    max_attempts: int | None = None


class Backoff:
    """The delays of one series of attempts."""

    def __init__(self, policy: ReconnectPolicy) -> None:
        self._policy = policy
        self._attempt = 0

    @property
    def is_over(self) -> bool:
        """Whether there is no further attempt."""
        return self._policy.max_attempts is not None and self._attempt >= self._policy.max_attempts

    def reset(self) -> None:
        """The last attempt was good."""
        self._attempt = 0

    def next(self, retry_after_ms: int | None, is_pressing: bool = False) -> float:
        """The seconds until the next attempt.

        ``is_pressing`` says that the server has too much to do: then the delays begin ten times as long.
        """
        unit = self._policy.min_delay * (10 if is_pressing else 1)
        bound = min(self._policy.max_delay, unit * 2 ** min(self._attempt, 30))
        self._attempt += 1
        if retry_after_ms is not None:
            return retry_after_ms / 1000 + random.uniform(0, self._policy.min_delay)
        return random.uniform(0, bound)


@dataclass(frozen=True)
class Dialer:
    """Everything that a connection is opened with."""

    url: str
    fields: Mapping[str, str | None]
    headers: Mapping[str, str]
    token: str | None
    get_token: TokenSource | None
    timeout: float
    tls: ssl.SSLContext | None

    @property
    def can_renew(self) -> bool:
        """Whether another token may be had."""
        return self.get_token is not None

    @property
    def place(self) -> str:
        """Where the connections go to, as it may be shown."""
        return place_of(self.url)

    async def dial(self) -> tuple[Socket, Welcome]:
        """Opens a connection and reads the welcome. Raises a :class:`BusError`."""
        url = build_url(self.url, self.fields)
        token = await self._find_token()
        socket = await open_socket(url, token=token, headers=self.headers, timeout=self.timeout, tls=self.tls)
        try:
            return socket, await self._be_welcomed(socket)
        except BaseException:
            socket.abort()
            raise

    async def _be_welcomed(self, socket: Socket) -> Welcome:
        try:
            data = await asyncio.wait_for(socket.receive(), self.timeout)
        except ClosedError as closed:
            closed.message = f"{self.place}: no welcome; {closed.message}"
            raise
        except asyncio.TimeoutError:
            message = f"no welcome from {self.place} within {self.timeout:g} s"
            raise make_error("TIMEOUT", message, retry=True) from None
        welcome = read_welcome(data)
        if welcome is None:
            raise make_error("PROTOCOL", f"{self.place} does not welcome as ArqonBus does")
        return welcome

    async def _find_token(self) -> str | None:
        if self.get_token is None:
            return self.token
        try:
            token = self.get_token()
            return await asyncio.wait_for(token, self.timeout) if inspect.isawaitable(token) else token
        except BusError:
            raise
        except asyncio.TimeoutError as late:
            raise make_error("TIMEOUT", f"no token within {self.timeout:g} s", retry=True) from late
        except Exception as failure:
            sentence = f"get_token failed: {type(failure).__name__}"
            raise make_error("UNREACHABLE", sentence, retry=True) from failure
