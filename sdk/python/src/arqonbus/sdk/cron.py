"""Messages that the bus publishes later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .frames import JsonObject, split_address

if TYPE_CHECKING:
    from .client import ArqonBusClient


class Cron:
    """``client.cron``. Jobs are objects as on the wire, with ``job_id``."""

    def __init__(self, client: ArqonBusClient) -> None:
        self._client = client

    async def schedule(
        self,
        address: str,
        payload: JsonObject,
        *,
        delay_seconds: float | None = None,
        interval_seconds: float | None = None,
        repeat_count: int | None = None,
        cron: str | None = None,
        timezone: str | None = None,
        lifetime: Literal["connection", "tenant"] | None = None,
    ) -> JsonObject:
        """Has a message published after a delay, several times, or by a cron expression, and returns the job.

        Unless ``lifetime`` is ``"tenant"``, which is for admins, it ends with the connection, also with one that comes
        back.
        """
        args = {
            **split_address(address),
            "payload": payload,
            "delay_seconds": delay_seconds,
            "interval_seconds": interval_seconds,
            "repeat_count": repeat_count,
            "cron": cron,
            "timezone": timezone,
            "lifetime": lifetime,
        }
        return await self._client.command("op.cron.schedule", args)

    async def cancel(self, job_id: str) -> None:
        """Ends a job."""
        await self._client.command("op.cron.cancel", {"job_id": job_id})

    async def list(self) -> list[JsonObject]:
        """The jobs that are not finished."""
        return list((await self._client.command("op.cron.list", is_repeatable=True))["jobs"])
