"""Webhooks: what is published, posted to a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Literal, Mapping, Sequence

from .frames import JsonObject, split_address

if TYPE_CHECKING:
    from .client import ArqonBusClient

#: The class has a method that is called ``list``.
Objects = List[JsonObject]


class Webhooks:
    """``client.webhooks``. Rules are objects as on the wire, with ``rule_id``."""

    def __init__(self, client: ArqonBusClient) -> None:
        self._client = client

    async def register(
        self,
        url: str,
        address: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        secret: str | None = None,
        types: Sequence[Literal["message", "event"]] | None = None,
        lifetime: Literal["connection", "tenant"] | None = None,
    ) -> JsonObject:
        """Has every message and event of a channel, a room, or with no address of the tenant, posted; returns the rule.

        Names in the address may be globs. Unless ``lifetime`` is ``"tenant"``, which is for admins, it ends with the
        connection, also with one that comes back.
        """
        args = {
            **(split_address(address) if address is not None else {}),
            "url": url,
            "headers": dict(headers) if headers is not None else None,
            "timeout_seconds": timeout_seconds,
            "secret": secret,
            "types": list(types) if types is not None else None,
            "lifetime": lifetime,
        }
        return await self._client.command("op.webhook.register", args)

    async def unregister(self, rule_id: str) -> None:
        """Removes a webhook."""
        await self._client.command("op.webhook.unregister", {"rule_id": rule_id})

    async def get(self, rule_id: str) -> JsonObject:
        """One webhook, with what became of its deliveries."""
        return await self._client.command("op.webhook.get", {"rule_id": rule_id}, is_repeatable=True)

    async def list(self) -> Objects:
        """All webhooks that may be seen."""
        return list((await self._client.command("op.webhook.list", is_repeatable=True))["rules"])

    async def test(self, rule_id: str) -> JsonObject:
        """Posts a sample at once and says how that went."""
        return await self._client.command("op.webhook.test", {"rule_id": rule_id})

    async def deliveries(self, rule_id: str) -> Objects:
        """The last attempts, the newest first."""
        data = await self._client.command("op.webhook.deliveries", {"rule_id": rule_id}, is_repeatable=True)
        return list(data["deliveries"])

    async def dead_letters(self, rule_id: str | None = None, limit: int | None = None) -> Objects:
        """The deliveries that were given up, the newest first."""
        args = {"rule_id": rule_id, "limit": limit}
        return list((await self._client.command("op.webhook.dead_letters", args, is_repeatable=True))["dead_letters"])

    async def replay(self, delivery_id: str) -> None:
        """Puts a delivery that was given up back into the queue."""
        await self._client.command("op.webhook.replay", {"delivery_id": delivery_id})
