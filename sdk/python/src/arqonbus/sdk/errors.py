"""Every error that the client raises, and what the codes and close codes of the server mean."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal, Mapping, Sequence

#: What to do after a connection was closed or refused.
Verdict = Literal["stop", "retry", "new token"]

#: What a socket reports when the connection ended without a closing handshake.
NO_CLOSING_HANDSHAKE = 1006
NORMAL = 1000
_FIRST_PRIVATE_CODE = 4000
_MAX_RETRY_MS = 86_400_000

_CLOSE_CODES: Mapping[int, tuple[str, Verdict]] = {
    1000: ("normal end", "stop"),
    1002: ("the frame breaks RFC 6455", "stop"),
    1003: ("a kind of data that cannot be accepted", "stop"),
    1006: ("the connection broke off", "retry"),
    1007: ("a text frame that is not UTF-8", "stop"),
    1008: ("too many fragments, or a flood of control frames", "stop"),
    1009: ("a message over the size limit", "stop"),
    1011: ("internal error", "retry"),
    1012: ("the server drains", "retry"),
    1013: ("the server is over pressure", "retry"),
    4400: ("too many protocol errors", "stop"),
    4401: ("the token is bad", "new token"),
    4403: ("no longer allowed", "stop"),
    4408: ("no answer to a ping, or a message not finished, in time", "retry"),
    4409: ("replaced by a newer session", "stop"),
    4410: ("the token has expired", "new token"),
    4428: ("slow consumer: the client did not read what was sent", "retry"),
    4429: ("sustained abuse of a rate limit", "retry"),
    4430: ("too many connections", "retry"),
}
#: Close codes after which a client backs off for longer.
PRESSING_CODES = frozenset({1013, 4429, 4430})


@dataclass(frozen=True)
class Closure:
    """How a connection ended."""

    code: int
    #: What the server wrote beside the code; usually empty.
    reason: str
    verdict: Verdict
    #: When to connect again, in milliseconds from the close, where the server said so.
    retry_after_ms: int | None

    @classmethod
    def of(cls, code: int, reason: str = "") -> Closure:
        """Reads a close code and its reason.

        A code that is not known is a lost connection, which is worth a retry, or a private code of a newer server,
        which is not.
        """
        unknown: Verdict = "retry" if code < _FIRST_PRIVATE_CODE else "stop"
        _, verdict = _CLOSE_CODES.get(code, ("", unknown))
        return cls(code, reason, verdict, _retry_ms_of(reason))

    def __str__(self) -> str:
        use, _ = _CLOSE_CODES.get(self.code, (self.reason or "no reason given", ""))
        return f"the connection was closed with {self.code} ({use})"


def _retry_ms_of(reason: str) -> int | None:
    try:
        value = json.loads(reason)
    except ValueError:
        return None
    retry_ms = value.get("retry_ms") if isinstance(value, dict) else None
    if isinstance(retry_ms, bool) or not isinstance(retry_ms, (int, float)) or not retry_ms < _MAX_RETRY_MS:
        return None
    return max(0, round(retry_ms))


class BusError(Exception):
    """Whatever goes wrong. The subclasses only sort the codes; ``code`` tells exactly.

    Codes of the server are those of ``docs/errors.md``. Codes of the client's own: ``CLOSED``, ``OVERFLOW``,
    ``PROTOCOL``, ``REFUSED``, ``UNREACHABLE``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry: bool = False,
        retry_after_ms: int | None = None,
        faults: Sequence[str] = (),
        status: int | None = None,
        closure: Closure | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        #: Whether the same request may succeed later without being changed.
        self.retry = retry
        #: When a retry makes sense, in milliseconds from now, where known.
        self.retry_after_ms = retry_after_ms
        #: Every fault of the request, one sentence each.
        self.faults = tuple(faults)
        #: HTTP status, when the handshake was refused.
        self.status = status
        #: How the connection ended, when it is gone.
        self.closure = closure

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ValidationError(BusError):
    """The request is not as the protocol says; ``faults`` names what is wrong."""


class AuthenticationError(BusError):
    """No token, or one that was refused."""


class AuthorizationError(BusError):
    """The role or the capabilities do not allow this."""


class NotFoundError(BusError):
    """What was named does not exist."""


class ConflictError(BusError):
    """The request contradicts the present state."""


class RateLimitedError(BusError):
    """Too much in too short a time; ``retry_after_ms`` says when to go on."""


class LimitError(BusError):
    """A bound would be passed, of the server or, with ``OVERFLOW``, of the client."""


class PolicyError(BusError):
    """The content was blocked by the policy of the channel."""


class UnavailableError(BusError):
    """The server cannot do this at present."""


class BusTimeoutError(BusError, asyncio.TimeoutError):
    """Something was not finished in time."""


class ClosedError(BusError, ConnectionError):
    """The connection is gone, or there was none."""


class UnreachableError(BusError, ConnectionError):
    """There was no answer at all, or one of something that is no ArqonBus."""


_CLASSES: Mapping[str, type[BusError]] = {
    "BAD_HANDSHAKE": ValidationError,
    "VALIDATION_ERROR": ValidationError,
    "INFRA_PROTOCOL_ERROR": ValidationError,
    "AUTH_REQUIRED": AuthenticationError,
    "AUTH_INVALID": AuthenticationError,
    "AUTHORIZATION_ERROR": AuthorizationError,
    "CHANNEL_PROTECTED": AuthorizationError,
    "ORIGIN_DENIED": AuthorizationError,
    "NOT_FOUND": NotFoundError,
    "CHANNEL_NOT_FOUND": NotFoundError,
    "TARGET_NOT_FOUND": NotFoundError,
    "UNKNOWN_COMMAND": NotFoundError,
    "CONFLICT": ConflictError,
    "CHANNEL_EXISTS": ConflictError,
    "CHANNEL_NOT_EMPTY": ConflictError,
    "RATE_LIMITED": RateLimitedError,
    "LIMIT_EXCEEDED": LimitError,
    "OVERFLOW": LimitError,
    "CASIL_POLICY_BLOCKED_SECRET": PolicyError,
    "CASIL_POLICY_OVERSIZE": PolicyError,
    "CASIL_INTERNAL_ERROR": PolicyError,
    "FEATURE_DISABLED": UnavailableError,
    "ENGINE_UNAVAILABLE": UnavailableError,
    "DRAINING": UnavailableError,
    "OVERLOADED": UnavailableError,
    "TIMEOUT": BusTimeoutError,
    "CLOSED": ClosedError,
    "UNREACHABLE": UnreachableError,
    "PROTOCOL": UnreachableError,
    "REFUSED": UnreachableError,
}
_STATUS_CODES: Mapping[int, tuple[str, str]] = {
    400: ("BAD_HANDSHAKE", "bad handshake"),
    403: ("ORIGIN_DENIED", "not allowed"),
    404: ("NOT_FOUND", "there is no socket at this path"),
    408: ("REQUEST_TIMEOUT", "the request was too slow"),
    429: ("RATE_LIMITED", "too many connections"),
    503: ("OVERLOADED", "the server takes no connection at present"),
}


def make_error(code: str, message: str, **more: Any) -> BusError:
    """The error of the class that the code belongs to."""
    return _CLASSES.get(code, BusError)(code, message, **more)


def error_of_closure(closure: Closure) -> BusError:
    """The error of everything that a closed connection leaves unanswered."""
    is_retry = closure.verdict == "retry"
    return make_error(
        "CLOSED", str(closure), retry=is_retry, retry_after_ms=closure.retry_after_ms, closure=closure
    )


def error_of_frame(frame: Mapping[str, Any]) -> BusError:
    """The error in a frame by which the server refuses a message or a command."""
    payload = _object(frame.get("payload"))
    faults = payload.get("errors", _object(payload.get("data")).get("errors"))
    code = frame.get("error_code")
    code = code if isinstance(code, str) else "INTERNAL_ERROR"
    message = payload.get("message", frame.get("error"))
    retry_after_ms = frame.get("retry_after_ms")
    return make_error(
        code,
        message if isinstance(message, str) else code,
        retry=frame.get("retry") is True,
        retry_after_ms=retry_after_ms if isinstance(retry_after_ms, int) else None,
        faults=[str(fault) for fault in faults] if isinstance(faults, list) else (),
    )


def error_of_refusal(place: str, status: int, body: str, retry_after: str | None, has_token: bool) -> BusError:
    """The error in an HTTP answer that was given instead of an upgrade.

    ``body`` may be empty, as with old versions of ``websockets``: then the status alone tells the code.
    """
    try:
        fields = _object(json.loads(body))
    except ValueError:
        fields = {}
    code, sentence = _STATUS_CODES.get(status, ("REFUSED", ""))
    if status == 401:
        code, sentence = ("AUTH_INVALID", "Invalid token") if has_token else ("AUTH_REQUIRED", "Missing bearer token")
    if isinstance(fields.get("code"), str):
        code = fields["code"]
    details = fields.get("details")
    faults = [str(detail) for detail in details] if isinstance(details, list) else []
    told = "; ".join(faults) if faults else details if isinstance(details, str) else fields.get("error")
    sentence = told if isinstance(told, str) and told else sentence
    seconds = int(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
    return make_error(
        code,
        f"{place} answered {status}: {sentence}" if sentence else f"{place} answered {status}",
        retry=status in (408, 429) or status >= 500,
        retry_after_ms=seconds * 1000 if seconds is not None else None,
        faults=faults,
        status=status,
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
