"""The key-value store of the bus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, AsyncIterator

if TYPE_CHECKING:
    from .client import ArqonBusClient


@dataclass(frozen=True)
class Stored:
    """A value, and the version of its key. Every write makes the version greater."""

    value: Any
    version: int


class Store:
    """``client.store``. A ``namespace`` that is ``None`` is the tenant's own one."""

    def __init__(self, client: ArqonBusClient) -> None:
        self._client = client

    async def get(self, key: str, namespace: str | None = None) -> Stored | None:
        """The value under a key, or ``None``."""
        data = await self._client.command("op.store.get", {"key": key, "namespace": namespace}, is_repeatable=True)
        return Stored(data["value"], data["version"]) if data["found"] else None

    async def set(
        self,
        key: str,
        value: Any,
        namespace: str | None = None,
        *,
        ttl_seconds: float | None = None,
        if_version: int | None = None,
    ) -> int:
        """Stores any JSON value but ``None`` and returns the new version.

        With ``if_version`` only if the key is at that version, ``0`` meaning that it does not exist; else ``CONFLICT``.
        """
        args = {
            "key": key,
            "value": value,
            "namespace": namespace,
            "ttl_seconds": ttl_seconds,
            "if_version": if_version,
        }
        return int((await self._client.command("op.store.set", args))["version"])

    async def delete(self, key: str, namespace: str | None = None, *, if_version: int | None = None) -> bool:
        """Removes a key; ``False`` when it did not exist."""
        args = {"key": key, "namespace": namespace, "if_version": if_version}
        return bool((await self._client.command("op.store.delete", args))["deleted"])

    async def increment(self, key: str, by: int = 1, namespace: str | None = None) -> int:
        """Adds to the integer under a key, in one step, and returns the sum. A key that does not exist counts as 0."""
        data = await self._client.command("op.store.increment", {"key": key, "by": by, "namespace": namespace})
        return int(data["value"])

    async def keys(self, prefix: str = "", namespace: str | None = None) -> AsyncIterator[str]:
        """The keys with a prefix, sorted, page by page."""
        cursor: str | None = None
        while True:
            args = {"prefix": prefix, "namespace": namespace, "cursor": cursor}
            data = await self._client.command("op.store.list", args, is_repeatable=True)
            for key in data["keys"]:
                yield key
            cursor = data.get("next_cursor")
            if cursor is None:
                return

    async def watch(self, prefix: str, namespace: str | None = None) -> None:
        """Asks for a ``system`` message with the event ``store_changed`` for every change of the keys with a prefix.

        The client asks again after a reconnect. What changes while it is away is not told.
        """
        await self._client.command("op.store.watch", {"prefix": prefix, "namespace": namespace})
        self._client.watches.add((namespace, prefix))

    async def unwatch(self, prefix: str, namespace: str | None = None) -> None:
        """Ends what :meth:`watch` began with the same prefix."""
        self._client.watches.discard((namespace, prefix))
        await self._client.command("op.store.unwatch", {"prefix": prefix, "namespace": namespace})
