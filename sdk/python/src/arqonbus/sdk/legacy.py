"""What ``websockets`` before version 13 does not do by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidHandshake
from websockets.legacy.client import WebSocketClientProtocol

_MAX_BODY_BYTES = 64 * 1024
_BODY_SECONDS = 2.0
#: An upgrade, and the redirections that the package follows.
_ORDINARY_STATUSES = frozenset({101, 301, 302, 303, 307, 308})


@dataclass
class Response:
    """An HTTP answer."""

    status_code: int
    headers: Any
    body: bytes


class Refusal(InvalidHandshake):
    """The server answered with something else than an upgrade."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class RefusalReader(WebSocketClientProtocol):
    """Reads the body of an answer that is no upgrade, which tells why."""

    async def read_http_response(self) -> Any:
        status, headers = await super().read_http_response()
        if status in _ORDINARY_STATUSES:
            return status, headers
        try:
            length = min(int(headers.get("Content-Length", "0")), _MAX_BODY_BYTES)
            body = await asyncio.wait_for(self.reader.readexactly(length), _BODY_SECONDS)
        except (ValueError, EOFError, asyncio.TimeoutError):
            body = b""
        raise Refusal(Response(status, headers, body))
