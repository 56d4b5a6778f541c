"""How each benchmark is scored: what counts, over which frames, and how the numbers are put together."""

from .protocol import Item, Predicted, Protocol, Row, Truth
from .registry import PROTOCOLS, protocol_of

__all__ = ["PROTOCOLS", "Item", "Predicted", "Protocol", "Row", "Truth", "protocol_of"]
