"""Several sources of training clips, mixed by weight."""

from collections.abc import Sequence
from fractions import Fraction

from torch import Tensor
from torch.utils.data import Dataset

from .clips import DrawnClip
from .features.kept_clips import KeptClip, KeptClips
from .row_clips import RowClips
from .shapes_clips import ShapesClips

Source = ShapesClips | RowClips | KeptClips


class MixedClips(Dataset[dict[str, Tensor]]):
    """Clips of several sources; each is drawn from as often as its weight says, in every stretch of the training.

    Args:
        sources: the `ShapesClips` start at `first_index`, as this does, so that no clip of theirs comes twice.
        weights: one of each, above 0.
        num_clips: how many there are.
        first_index: of clip 0, of all that the training sees.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        weights: Sequence[float],
        num_clips: int,
        first_index: int = 0,
    ) -> None:
        self.sources = list(sources)
        self.weights = list(weights)
        self.num_clips = num_clips
        self.first_index = first_index

    def __len__(self) -> int:
        return self.num_clips

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """What `clip_tensors` gives."""
        source, place = self._find(index)
        return source[place]

    def draw(self, index: int) -> DrawnClip | KeptClip:
        """The same clip before the processor."""
        source, place = self._find(index)
        return source.draw(self.first_index + place if isinstance(source, ShapesClips) else place)

    def _find(self, index: int) -> tuple[Source, int]:
        """The source of a clip, and which of its items it is."""
        if not 0 <= index < self.num_clips:
            raise IndexError(f"clip {index} of {self.num_clips}")
        number, place = place_of(self.first_index + index, self.weights)
        source = self.sources[number]
        return source, index if isinstance(source, ShapesClips) else place


def place_of(index: int, weights: Sequence[float]) -> tuple[int, int]:
    """Which source clip `index` is from, and which of that source's clips it is, all of which come in order.

    The first source's clips are spread evenly (Bresenham's line), then the second's over what is left, and so on:
    found without looking at the clips before.
    """
    for number, weight in enumerate(weights[:-1]):
        share = Fraction(weight) / sum(map(Fraction, weights[number:]))
        taken = int(index * share)
        if int((index + 1) * share) > taken:
            return number, taken
        index -= taken
    return len(weights) - 1, index


def clips_for_passes(passes: float, samples: Sequence[int], weights: Sequence[float], total_weight: float) -> int:
    """How many clips of the mixture take every source, of so many samples, through so many passes or more.

    Args:
        samples, weights: of the sources that have an end.
        total_weight: of all sources.
    """
    needed = [Fraction(passes) * count / Fraction(weight) for count, weight in zip(samples, weights, strict=True)]
    return -int(-max(needed) * Fraction(total_weight) // 1)
