"""Cross-Modal MLP (Section 3.2): from the text encoder's width to the prompt channels of SAM."""

from torch import Tensor, nn


class CrossModalMlp(nn.Module):
    """Linear d -> d/2 and ReLU, `hidden_layers` times Linear d/2 -> d/2 and ReLU, Linear d/2 -> C (Figure 5)."""

    def __init__(self, text_width: int, channels: int, hidden_layers: int) -> None:
        super().__init__()
        width = text_width // 2
        layers: list[nn.Module] = [nn.Linear(text_width, width), nn.ReLU()]
        for _ in range(hidden_layers):
            layers += [nn.Linear(width, width), nn.ReLU()]
        layers.append(nn.Linear(width, channels))
        self.layers = nn.Sequential(*layers)

    def forward(self, text_features: Tensor) -> Tensor:
        """Words or sentences, (..., d) -> (..., C)."""
        embeddings: Tensor = self.layers(text_features)
        return embeddings
