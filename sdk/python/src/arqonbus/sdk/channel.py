"""What the client remembers of one channel: where it is, so that nothing is told twice and every gap is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .frames import Gap, JsonObject, Joined, Message, split_address


class Channel:
    """One channel, or one room as a whole, and the last place in it that was seen."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.args: JsonObject = split_address(address)
        #: Whether notices of who joins and leaves are wanted.
        self.presence = False
        #: The last place seen, as ``(sequence, epoch)``.
        self.place: tuple[int, str] | None = None
        #: The last answer to a join, and the connection that it came over.
        self.joined: Joined | None = None
        self.link: Any = None
        self._is_entering = False
        self._has_passed_over = False
        self._gap: Gap | None = None

    def begin_entry(self, is_resumed: bool, place: tuple[int, str] | None = None) -> dict[str, Any]:
        """The arguments of a join that is about to be sent; ``place`` stands in for the last one seen.

        If it goes on from a place, what comes before the answer is passed over: it is told again after it.
        """
        args: dict[str, Any] = {**self.args, "presence": self.presence}
        self.place = place or self.place
        self._is_entering = is_resumed and self.place is not None
        self._has_passed_over = False
        if self._is_entering and self.place is not None:
            args["since"], args["epoch"] = self.place
        return args

    def abandon_entry(self) -> Gap | None:
        """The join was refused or not answered. A gap if something was passed over that is not told again now."""
        self._is_entering = False
        return self._mark(self.place, None, "a join was not carried out") if self._has_passed_over else None

    def settle_entry(self, data: JsonObject, link: Any) -> Gap | None:
        """Takes the answer to a join, before any frame after it is looked at."""
        last, end = self.place, (int(data["sequence"]), str(data["epoch"]))
        recovered = data.get("recovered")
        self._is_entering = False
        self.link = link
        self.joined = Joined(
            self.address, *end, data.get("created") is True, recovered, int(data.get("participant_count", 0))
        )
        if recovered is True:
            return None
        self.place = end
        if last is None or (recovered is None and last[1] == end[1]):
            return None
        return self._mark(last, end, "the server cannot tell what was missed, or no longer has it")

    def pass_over(self, reason: str) -> Gap:
        """Says that something may have been missed, of a stream that cannot be recovered."""
        last, self.place = self.place, None
        return self._mark(last, None, reason)

    def admit(self, message: Message) -> tuple[bool, Gap | None]:
        """Whether the message is new; the gap before it, if this is the first that is known of one."""
        if message.sequence is None or message.epoch is None:
            return True, None
        if self._is_entering:
            self._has_passed_over = True
            return False, None
        here, last = (message.sequence, message.epoch), self.place
        if last is not None and last[1] == here[1] and here[0] <= last[0]:
            return False, None
        self.place = here
        if last is None or last[1] == here[1]:
            return True, None
        return True, self._mark(last, here, "the channel was made anew")

    def label(self, message: Message) -> Message:
        """The message as it is handed out: the first after a gap carries it."""
        gap = self._gap
        if gap is None or message.sequence is None:
            return message
        self._gap = None
        return replace(message, gap=gap)

    def _mark(self, last: tuple[int, str] | None, end: tuple[int, str] | None, reason: str) -> Gap:
        earlier = self._gap
        # Two gaps without a message between them are one.
        self._gap = Gap(self.address, earlier.last if earlier is not None else last, end, reason)
        return self._gap
