"""What the tests share: servers, tokens, a proxy that can be cut, and waiting."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
import unittest
import urllib.request
import uuid
from typing import Any, Awaitable, Callable

from arqonbus.sdk import ArqonBusClient, ReconnectPolicy

#: A server without authentication, and one with it; both live for all tests.
URL = os.environ["BUS_TEST_URL"]
AUTH_URL = os.environ["BUS_TEST_AUTH_URL"]
_SECRET = os.environ["BUS_TEST_SECRET"]
#: Hands out, and ends, servers in processes of their own.
_CONTROL_URL = os.environ["BUS_TEST_CONTROL_URL"]

#: Comes back at once, so that the tests are quick.
QUICK = ReconnectPolicy(min_delay=0.005, max_delay=0.02)
_DEADLINE_SECONDS = 60


def new_channel() -> str:
    """An address that no other test uses."""
    return f"lab:{uuid.uuid4().hex}"


def make_token(subject: str = "alice", *, seconds: float = 600, **claims: Any) -> str:
    """A token that the server with authentication accepts."""
    now = int(time.time())
    body = {"sub": subject, "iat": now, "exp": int(now + seconds), **claims}
    parts = [_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, body)]
    signature = hmac.new(_SECRET.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _encode(signature)])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def until(what: str, is_so: Callable[[], bool]) -> None:
    """Waits for something that comes about by itself."""
    end = time.monotonic() + _DEADLINE_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        await asyncio.sleep(0.002)


async def soon(work: Awaitable[Any]) -> Any:
    """The result of something that must not hang."""
    return await asyncio.wait_for(work, _DEADLINE_SECONDS)


class Server:
    """A server in a process of its own."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._id = answer["id"]
        self.port: int = answer["port"]

    @classmethod
    async def take(cls) -> Server:
        """One that nobody else uses. It has been started before, since that takes a while."""
        return cls(await _control("take", {}))

    async def signal(self, name: str) -> None:
        """Sends a signal."""
        await _control("signal", {"id": self._id, "signal": name})

    async def ended(self) -> None:
        """Waits for its end."""
        await _control("ended", {"id": self._id})


async def _control(path: str, body: dict[str, Any]) -> dict[str, Any]:
    def ask() -> dict[str, Any]:
        request = urllib.request.Request(f"{_CONTROL_URL}/{path}", json.dumps(body).encode(), method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as response:
            answer: dict[str, Any] = json.loads(response.read())
            return answer

    return await asyncio.get_running_loop().run_in_executor(None, ask)


class Proxy:
    """Hands bytes on between clients and a server, until it is told to cut."""

    def __init__(self, port: int) -> None:
        self.port = port
        #: How many connections there have been.
        self.count = 0
        #: While it is set, what the server says is thrown away.
        self.is_deaf = False
        self.url = ""
        self._server: asyncio.AbstractServer | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_exception: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Breaks off every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.count += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        finally:
            self._tasks.discard(task)
        self._tasks.add(task)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._pump(reader, back, False), self._pump(there, writer, True))
        finally:
            self._writers -= {writer, back}
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool) -> None:
        try:
            while data := await reader.read(65536):
                if not (is_answer and self.is_deaf):
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort() if is_answer and reader.exception() else writer.close()


class BusTest(unittest.IsolatedAsyncioTestCase):
    """A test whose clients are closed at its end."""

    async def asyncSetUp(self) -> None:
        # The debug mode of the event loop is slow, and logs what takes long on a busy machine.
        asyncio.get_running_loop().set_debug(False)

    async def client(self, url: str = URL, **options: Any) -> ArqonBusClient:
        """A connected client that comes back quickly."""
        client = ArqonBusClient(url, **{"reconnect": QUICK, **options})
        self.addAsyncCleanup(client.close)
        return await client.connect()

    async def proxy(self, port: int) -> Proxy:
        """A proxy before the server at the port."""
        proxy = Proxy(port)
        await proxy.__aenter__()
        self.addAsyncCleanup(proxy.__aexit__)
        return proxy


def port_of(url: str) -> int:
    """The port in a URL."""
    return int(url.rpartition(":")[2])
