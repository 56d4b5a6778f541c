"""What objects look like, before they have a place: colour, shape, texture, size and exact shades."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .config import SceneConfig
from .draws import Draws, plain_sum
from .vocabulary import COLOURS, COMPARABLE_RATIO, SECOND_TONE, UNSEEN_PAIRS, Rgb

_ATTRIBUTE_TRIES = 20
_THIN = ("ring", "cross")  # on whose outline dots look like notches
_DOTS_READABLE = 0.12  # of the radius, where they lie inside


@dataclass(frozen=True)
class Look:
    """`radius` is a share of the frame's height."""

    colour: str
    shape: str
    texture: str
    radius: float

    @property
    def name(self) -> tuple[str, str, str]:
        """Everything but the size."""
        return self.colour, self.shape, self.texture


@dataclass(frozen=True)
class LookRange:
    """What looks are drawn from: allowed pairs of colour and shape, textures, and radii (low, high)."""

    pairs: tuple[tuple[str, str], ...]
    textures: tuple[str, ...]
    radius: tuple[float, float]


def look_range(split: str, config: SceneConfig, size: tuple[int, int]) -> LookRange:
    """The range for clips of a split and frames of `size` (H, W).

    Raises:
        ValueError: as `SceneConfig.pairs` and `SceneConfig.radius_range`.
    """
    return LookRange(config.pairs(split), config.textures, config.radius_range(size))


def _sample_pair(draws: Draws, pairs: Sequence[tuple[str, str]], others: Sequence[Look]) -> tuple[str, str]:
    """Colour and shape of one more object, often one of them, or both, those of an earlier object."""
    if not others:
        unseen = [pair for pair in pairs if pair in UNSEEN_PAIRS]  # none but in the split that is made for them
        return draws.choice(unseen or pairs)
    model = draws.choice(others)
    share = draws.uniform(0.0, 1.0)
    same_colour, same_shape = share < 0.25 or share >= 0.9, 0.25 <= share < 0.5 or share >= 0.9
    alike = [
        (colour, shape)
        for colour, shape in pairs
        if (colour == model.colour or not same_colour) and (shape == model.shape or not same_shape)
    ]
    return draws.choice(alike)


def _can_be_told(look: Look, others: Sequence[Look]) -> bool:
    for other in others:
        if look.name == other.name:
            small, large = sorted((look.radius, other.radius))
            if large < COMPARABLE_RATIO * small:
                return False
    return True


def _readable(draws: Draws, choices: LookRange, look: Look) -> Look:
    """The look, larger if its dots could not be told from notches."""
    high = choices.radius[1]
    if look.texture == "dotted" and look.shape in _THIN and look.radius < _DOTS_READABLE < high:
        return replace(look, radius=draws.uniform(_DOTS_READABLE, high))
    return look


def _sample_one(draws: Draws, choices: LookRange, others: Sequence[Look]) -> Look:
    colour, shape = _sample_pair(draws, choices.pairs, others)
    # Plain ones lead, as in most drawings.
    plain = "plain" in choices.textures and draws.chance(0.35)
    texture = "plain" if plain else draws.choice(choices.textures)
    return _readable(draws, choices, Look(colour, shape, texture, draws.uniform(*choices.radius)))


def sample_look(draws: Draws, choices: LookRange, others: Sequence[Look]) -> Look:
    """One more look, often sharing words with an earlier one, so that no single word is enough."""
    for _ in range(_ATTRIBUTE_TRIES):
        look = _sample_one(draws, choices, others)
        if _can_be_told(look, others):
            break
    return look  # a config of one look gives twins, which then have no expression


def sample_other_look(draws: Draws, choices: LookRange, others: Sequence[Look]) -> Look:
    """One more look of which no earlier one is a twin, however large; it may share single words."""
    names = {other.name for other in others}
    for _ in range(_ATTRIBUTE_TRIES):
        look = _sample_one(draws, choices, others)
        if look.name not in names:
            break
    return look


def sample_twin(draws: Draws, choices: LookRange, look: Look) -> Look:
    """A look-alike of another size."""
    return _readable(draws, choices, replace(look, radius=draws.uniform(*choices.radius)))


def sample_shades(draws: Draws, colour: str) -> tuple[Rgb, Rgb]:
    """The RGB of an object and of its texture's second tone."""
    spread = [draws.uniform(0.0, 1.0) for _ in range(3)]
    weights = [value * value + 0.001 for value in spread]  # squared: most shades lie near one anchor
    total = plain_sum(weights)
    jitter = [draws.uniform(-6.0, 6.0) for _ in range(3)]
    tone = SECOND_TONE[colour] * draws.uniform(0.9, 1.1)
    shade, second = [], []
    for channel in range(3):
        value = plain_sum(w * rgb[channel] for w, rgb in zip(weights, COLOURS[colour], strict=True)) / total
        value = min(max(value + jitter[channel], 0.0), 255.0)
        shade.append(int(value + 0.5))
        second.append(int(value + (tone * (255.0 - value) if tone > 0 else tone * value) + 0.5))
    return (shade[0], shade[1], shade[2]), (second[0], second[1], second[2])
