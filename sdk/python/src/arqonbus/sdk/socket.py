"""One WebSocket connection, over either interface of the ``websockets`` package."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from .errors import NO_CLOSING_HANDSHAKE, BusError, Closure, error_of_closure, error_of_refusal, make_error

_connect: Any
try:
    from websockets.asyncio.client import connect as _connect

    _FORMS: Mapping[str, Any] = {}
    _HEADERS = "additional_headers"
except ImportError:  # before websockets 13
    from websockets.legacy.client import connect as _connect

    from .legacy import RefusalReader

    _FORMS = {"create_protocol": RefusalReader}
    _HEADERS = "extra_headers"

#: Longest frame that is taken. An answer holds up to 1 MiB of stored messages, and what is around them.
_MAX_FRAME_BYTES = 16 * 1024 * 1024
_PING_INTERVAL_SECONDS = 20
_PING_TIMEOUT_SECONDS = 10
_CLOSE_TIMEOUT_SECONDS = 2


def build_url(url: str, fields: Mapping[str, str | None]) -> str:
    """The URL with the client fields that are given in its query.

    Raises ``VALIDATION_ERROR`` for what is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise make_error("VALIDATION_ERROR", "the URL of the bus begins with ws:// or wss:// and names a host")
    query = [(name, value) for name, value in parse_qsl(parts.query, True) if fields.get(name) is None]
    query += [(name, value) for name, value in fields.items() if value is not None]
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))


def place_of(url: str) -> str:
    """The URL as it may be shown: without query and credentials, which may hold a token."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class Socket:
    """An open connection. Frames go out in the order in which :meth:`send` is called."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        """Sends one text frame; waits while the peer does not read. Raises ``CLOSED``."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise error_of_closure(_closure_of(closed)) from None

    async def receive(self) -> str | bytes:
        """The next frame. Raises ``CLOSED`` with the closure when there is no more."""
        try:
            data: str | bytes = await self._connection.recv()
            return data
        except ConnectionClosed as closed:
            raise error_of_closure(_closure_of(closed)) from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes with a handshake; gives up on a silent peer after two seconds."""
        try:
            await self._connection.close(code, reason)
        except OSError:
            self.abort()

    def abort(self) -> None:
        """Ends the connection without a handshake."""
        transport = getattr(self._connection, "transport", None)
        if transport is not None:
            transport.abort()


async def open_socket(
    url: str, *, token: str | None, headers: Mapping[str, str], timeout: float, tls: ssl.SSLContext | None
) -> Socket:
    """Opens a connection. Raises a :class:`BusError` that says in one sentence why there is none."""
    place = place_of(url)
    all_headers = dict(headers)
    if token is not None:
        all_headers["Authorization"] = f"Bearer {token}"
    options: dict[str, Any] = {
        **_FORMS,
        _HEADERS: all_headers,
        "open_timeout": timeout,
        "close_timeout": _CLOSE_TIMEOUT_SECONDS,
        "ping_interval": _PING_INTERVAL_SECONDS,
        "ping_timeout": _PING_TIMEOUT_SECONDS,
        "max_size": _MAX_FRAME_BYTES,
        "compression": None,
    }
    if tls is not None:
        options["ssl"] = tls
    try:
        return Socket(await _connect(url, **options))
    except InvalidHandshake as refusal:
        raise _error_of_handshake(place, refusal, token is not None) from refusal
    except asyncio.TimeoutError as late:
        raise make_error("TIMEOUT", f"no connection to {place} within {timeout:g} s", retry=True) from late
    except InvalidURI:
        raise make_error("VALIDATION_ERROR", f"{place} is not the URL of a bus") from None
    except ssl.SSLError as failure:
        raise make_error("UNREACHABLE", f"no secure connection to {place}: {failure.reason}") from failure
    except OSError as failure:
        raise make_error("UNREACHABLE", f"cannot connect to {place}: {_sentence_of(failure)}", retry=True) from failure
    except (ConnectionClosed, EOFError) as failure:
        raise make_error("UNREACHABLE", f"{place} ended the connection", retry=True) from failure


def _error_of_handshake(place: str, refusal: InvalidHandshake, has_token: bool) -> BusError:
    response: Any = getattr(refusal, "response", refusal)
    status = getattr(response, "status_code", None)
    if status is None:
        # It broke off, as when the server ends, or it is another kind of server.
        return make_error("UNREACHABLE", f"{place} does not answer as a WebSocket does", retry=True)
    body = getattr(response, "body", None) or b""
    return error_of_refusal(
        place, status, bytes(body).decode("utf-8", "replace"), response.headers.get("Retry-After"), has_token
    )


def _sentence_of(failure: OSError) -> str:
    if isinstance(failure, ConnectionRefusedError):
        return "connection refused; is the server running?"
    return failure.strerror or str(failure) or type(failure).__name__


def _closure_of(closed: ConnectionClosed) -> Closure:
    received = closed.rcvd
    return Closure.of(NO_CLOSING_HANDSHAKE) if received is None else Closure.of(received.code, received.reason)
