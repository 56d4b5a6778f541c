"""Implicit Tracking Module (Section 3.4): the track token that carries an object from frame to frame."""

from torch import Tensor, nn


class ImplicitTracking(nn.Module):
    """One query-interaction layer on `s_t = m_t + k_(t-1)`.

    `x = LN(s + SelfAttn(s))`, `x = LN(x + FFN(x))`, `k_t = LN(s + FFN'(x))`; both FFNs are C -> 4C -> C with ReLU.
    Every expression is a sequence of its own, of length one: nothing passes from one to another.
    """

    def __init__(self, channels: int, attention_heads: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(channels, attention_heads, batch_first=True)
        self.norm1 = nn.LayerNorm(channels)
        self.feed_forward = _feed_forward(channels)
        self.norm2 = nn.LayerNorm(channels)
        self.track_feed_forward = _feed_forward(channels)
        self.track_norm = nn.LayerNorm(channels)

    def forward(self, mask_token: Tensor, track_token: Tensor | None) -> Tensor:
        """Main mask token (B, E, C) of frame t and track token of frame t - 1 (`None` on the first) -> (B, E, C)."""
        state = mask_token if track_token is None else mask_token + track_token
        sequence = state.reshape(-1, 1, state.shape[-1])  # (B * E, 1, C)
        attended, _ = self.self_attn(sequence, sequence, sequence, need_weights=False)
        hidden = self.norm1(sequence + attended)
        hidden = self.norm2(hidden + self.feed_forward(hidden))
        hidden = self.track_norm(sequence + self.track_feed_forward(hidden))
        return hidden.reshape(state.shape)


def _feed_forward(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(channels, 4 * channels), nn.ReLU(), nn.Linear(4 * channels, channels))
