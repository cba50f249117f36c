"""What travels over the connection, and what users get of it."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Mapping, Protocol, Tuple, Union

from .errors import make_error

#: A JSON object.
JsonObject = Mapping[str, Any]
#: Any frame of the server, as it stands on the wire.
Frame = Mapping[str, Any]

_ID = re.compile(r"arq_[A-Za-z0-9_.-]{1,124}", re.ASCII)
_MESSAGE_TYPES = frozenset({"message", "event", "private", "system", "telemetry"})
_ANSWER_TYPES = frozenset({"response", "error", "pong"})


class Marked(Protocol):
    """Anything that stands at a place in a channel: a :class:`Message`, a :class:`Position`, a :class:`Joined`."""

    @property
    def sequence(self) -> int | None: ...

    @property
    def epoch(self) -> str | None: ...


#: Where to go on from: something with a place, or ``(sequence, epoch)``.
Since = Union[Marked, Tuple[int, str]]


@dataclass(frozen=True)
class Position:
    """What became of a published message.

    ``sequence`` and ``epoch`` are ``None`` when it was not acknowledged, or is not stored in one channel.
    """

    id: str
    sequence: int | None
    epoch: str | None
    #: Whether the bus had a message of this id already; the position is that one's.
    duplicate: bool


@dataclass(frozen=True)
class Gap:
    """Says that what came before it, and what comes after it, need not be neighbours.

    The bus could not tell what was missed, or no longer has it. ``history`` shows what is left.
    """

    #: ``"room:channel"``, or ``"room"`` for what went to a room as a whole.
    address: str
    #: The last place that was seen, as ``(sequence, epoch)``; ``None`` when nothing was.
    last: tuple[int, str] | None
    #: Where it goes on from; ``None`` when that is not known.
    next: tuple[int, str] | None
    #: Why, in a sentence.
    reason: str


@dataclass(frozen=True)
class Joined:
    """The answer to a join."""

    address: str
    #: Where the channel stood at that moment.
    sequence: int
    epoch: str
    #: Whether the channel came into being by this.
    created: bool
    #: Whether everything missed follows; ``None`` when no position was given.
    recovered: bool | None
    participant_count: int


@dataclass(frozen=True)
class Message:
    """A message from another client, or from the server."""

    id: str
    #: ``message``, ``event``, ``private``, ``system`` or ``telemetry``.
    type: str
    #: A client id, or ``arqonbus``.
    sender: str
    #: Server time, RFC 3339.
    timestamp: str
    #: ``None`` on private messages.
    room: str | None
    #: ``None`` on private messages, and when the message went to the whole room.
    channel: str | None
    payload: JsonObject
    metadata: JsonObject
    #: Targets of a private message.
    to: tuple[str, ...]
    #: Place in the channel; ``None`` on what is not stored.
    sequence: int | None
    epoch: str | None
    #: Present on the first message after a gap: something may have been missed before it.
    gap: Gap | None = None

    @property
    def address(self) -> str | None:
        """``"room:channel"``, ``"room"``, or ``None``."""
        if self.room is None:
            return None
        return self.room if self.channel is None else f"{self.room}:{self.channel}"

    @property
    def is_private(self) -> bool:
        """Whether it was meant for certain clients only."""
        return self.type == "private" or bool(self.to)


@dataclass(frozen=True)
class Welcome:
    """What the server says of itself in its first frame."""

    client_id: str
    node: str | None
    protocol: str | None
    limits: JsonObject
    features: tuple[str, ...]
    #: The frame, and its text as it came.
    frame: Frame
    text: str


def create_id() -> str:
    """A fresh message id."""
    return f"arq_{uuid.uuid4()}"


def check_id(message_id: str) -> None:
    """Raises ``VALIDATION_ERROR`` for what the server would not take."""
    if not isinstance(message_id, str) or _ID.fullmatch(message_id) is None:
        raise make_error("VALIDATION_ERROR", 'id: must be "arq_" and 1 to 124 letters, digits, ".", "_", "-"')


def split_address(address: str) -> dict[str, str]:
    """``"room:channel"`` or ``"room"`` as it stands in frames and arguments."""
    room, colon, channel = address.partition(":")
    if not room or (colon and not channel):
        raise make_error("VALIDATION_ERROR", 'address: must be "room:channel" or "room"')
    return {"room": room, "channel": channel} if colon else {"room": room}


def place_since(since: Since) -> tuple[int, str]:
    """``since`` as ``(sequence, epoch)``. Raises ``VALIDATION_ERROR`` for what has no place."""
    sequence, epoch = since if isinstance(since, tuple) else (since.sequence, since.epoch)
    if not isinstance(sequence, int) or not isinstance(epoch, str):
        raise make_error("VALIDATION_ERROR", "since: must have a sequence and an epoch")
    return sequence, epoch


def encode(frame: JsonObject) -> str:
    """The frame as text. Raises ``VALIDATION_ERROR`` for what is not JSON."""
    try:
        text = json.dumps(frame, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Half of a surrogate pair fits into a str, and into no frame.
        text.encode()
        return text
    except (TypeError, ValueError, RecursionError) as failure:
        raise make_error("VALIDATION_ERROR", f"message: must be JSON: {failure}") from None


def decode(data: str | bytes) -> Frame | None:
    """The frame in what was received, or ``None`` when that is not a JSON object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_welcome(data: str | bytes) -> Welcome | None:
    """What the first frame of a connection says, or ``None`` when it is no welcome."""
    frame = decode(data)
    payload = frame.get("payload") if frame is not None else None
    if frame is None or not isinstance(payload, dict) or not isinstance(payload.get("welcome"), str):
        return None
    client_id, limits, features = payload.get("client_id"), payload.get("limits"), payload.get("features")
    if not isinstance(client_id, str):
        return None
    return Welcome(
        client_id,
        payload.get("node"),
        payload.get("protocol"),
        limits if isinstance(limits, dict) else {},
        tuple(features) if isinstance(features, list) else (),
        frame,
        data if isinstance(data, str) else data.decode(),
    )


def request_id_of(frame: Frame) -> str | None:
    """The id of the request that the frame answers, or ``None`` when it answers none."""
    kind = frame.get("type")
    if kind == "message_response":
        return frame.get("id")
    return frame.get("request_id") if kind in _ANSWER_TYPES else None


def read_message(frame: Frame) -> Message | None:
    """The frame as a message, or ``None`` when it is an answer."""
    if frame.get("type") not in _MESSAGE_TYPES:
        return None
    sequence, targets = frame.get("sequence"), frame.get("to")
    return Message(
        str(frame.get("id", "")),
        frame["type"],
        str(frame.get("sender", "")),
        str(frame.get("timestamp", "")),
        frame.get("room"),
        frame.get("channel"),
        _object(frame.get("payload")),
        _object(frame.get("metadata")),
        tuple(targets) if isinstance(targets, list) else (),
        sequence if isinstance(sequence, int) else None,
        frame.get("epoch"),
    )


def data_of(frame: Frame) -> JsonObject:
    """The data in the answer to a command."""
    return _object(_object(frame.get("payload")).get("data"))


def _object(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}
