"""The client, what it gives, and what it raises."""

from .client import ArqonBusClient, Event
from .dialer import ReconnectPolicy
from .errors import (
    AuthenticationError,
    AuthorizationError,
    BusError,
    BusTimeoutError,
    ClosedError,
    Closure,
    ConflictError,
    LimitError,
    NotFoundError,
    PolicyError,
    RateLimitedError,
    UnavailableError,
    UnreachableError,
    ValidationError,
)
from .frames import Gap, Joined, Message, Position, Welcome
from .session import State, StateChange
from .store import Stored
from .subscription import Subscription

__all__ = [
    "ArqonBusClient",
    "AuthenticationError",
    "AuthorizationError",
    "BusError",
    "BusTimeoutError",
    "ClosedError",
    "Closure",
    "ConflictError",
    "Event",
    "Gap",
    "Joined",
    "LimitError",
    "Message",
    "NotFoundError",
    "PolicyError",
    "Position",
    "RateLimitedError",
    "ReconnectPolicy",
    "State",
    "StateChange",
    "Stored",
    "Subscription",
    "UnavailableError",
    "UnreachableError",
    "ValidationError",
    "Welcome",
]
