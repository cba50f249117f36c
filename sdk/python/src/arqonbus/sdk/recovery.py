"""What became of publishes whose acknowledgement was lost with the connection."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Mapping, Sequence, TypeVar

from .errors import BusError, BusTimeoutError, ClosedError, RateLimitedError, make_error
from .frames import Position, create_id, data_of, split_address
from .link import Link
from .outbox import Outbox, Publish

Result = TypeVar("Result")

#: The bus knows ids for 120 seconds. A repetition has to arrive within them, so it is sent earlier.
_KNOWN_SECONDS = 100.0
#: How long the server may take to notice that an old connection has gone.
_GONE_SECONDS = 5.0
_POLL_SECONDS = 0.05
_HISTORY_LIMIT = 500
_DEFAULT_PAUSE_MS = 100


async def patiently(ask: Callable[[], Awaitable[Result]]) -> Result:
    """Asks again for as long as the answer is that it was asked too often."""
    while True:
        try:
            return await ask()
        except RateLimitedError as error:
            await asyncio.sleep((error.retry_after_ms or _DEFAULT_PAUSE_MS) / 1000)


async def clear_doubts(link: Link, outbox: Outbox, timeout: float) -> None:
    """Sees to it that whatever is in the outbox afterwards, and not settled, can be sent without being doubled.

    With authentication the bus itself recognises what is repeated in time. Without, it takes a client that comes back
    for another one; then the history of the channel tells whether the message is there. Where it cannot tell, the
    publish fails.
    """
    now = asyncio.get_running_loop().time()
    is_known = "auth" in link.welcome.features
    doubtful = [
        publish
        for publish in outbox
        if publish.first_sent is not None
        and not publish.outcome.done()
        and not (is_known and now - publish.first_sent < _KNOWN_SECONDS)
    ]
    if not doubtful:
        return
    for client_id in {sender for publish in doubtful for sender in publish.senders}:
        await _wait_until_gone(link, client_id, timeout)
    for address in dict.fromkeys(publish.address for publish in doubtful):
        await _look_up(link, address, [one for one in doubtful if one.address == address], timeout)


async def _wait_until_gone(link: Link, client_id: str, timeout: float) -> None:
    """While the server has the old connection, it may still work on what that one sent."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _GONE_SECONDS
    while loop.time() < end:
        frame = {"type": "private", "id": create_id(), "to": client_id, "payload": {}, "ack": True}
        try:
            await link.request(frame, timeout, "a private message")
        except (ClosedError, BusTimeoutError):
            raise
        except BusError:
            return
        await asyncio.sleep(_POLL_SECONDS)


async def _look_up(link: Link, address: str, publishes: Sequence[Publish], timeout: float) -> None:
    args = {**split_address(address), "limit": _HISTORY_LIMIT}
    try:
        data = data_of(await patiently(lambda: link.command("history", args, timeout)))
    except (ClosedError, BusTimeoutError):
        raise
    except BusError:
        data = {"history": [], "count": 0, "total_messages": -1}
    entries = [one for one in data["history"] if one.get("channel") == args.get("channel")]
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        by_id.setdefault(entry["id"], []).append(entry)
    is_whole = data["count"] == data["total_messages"] and (not entries or entries[0]["sequence"] == 1)
    for publish in publishes:
        own = [entry for entry in by_id.get(publish.id, ()) if entry["sender"] in publish.senders]
        if own:
            publish.settle(Position(publish.id, own[0]["sequence"], own[0].get("epoch"), True))
        elif not is_whole and not (entries and entries[0]["timestamp"] < publish.server_time):
            sentence = f"the connection broke off, and history does not tell whether {publish.id} was published"
            publish.fail(make_error("CLOSED", sentence, retry=True))
