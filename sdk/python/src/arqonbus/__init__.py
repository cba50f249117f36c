"""Client of ArqonBus, a structured WebSocket message bus.

Everything for use is in :mod:`arqonbus.sdk`; the client itself stands here too.
"""

from .sdk import ArqonBusClient
from .sdk.version import VERSION

__all__ = ["ArqonBusClient", "__version__"]
__version__ = VERSION
