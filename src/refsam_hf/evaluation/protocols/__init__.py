"""How each benchmark is scored: what counts, over which frames, and how the numbers are put together."""

from .protocol import Item, Predicted, Protocol, Row, Truth
from .registry import protocol_of, protocols_of

__all__ = ["Item", "Predicted", "Protocol", "Row", "Truth", "protocol_of", "protocols_of"]
