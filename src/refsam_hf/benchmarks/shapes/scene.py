"""What a clip shows, before any pixel is drawn, and how it is sampled."""

import math
from dataclasses import dataclass

from .background import Background, sample_background
from .config import SceneConfig
from .draws import Draws, plain_sum
from .motion import Motion, sample_motion, stable_cos_sin
from .vocabulary import COLOURS, COMPARABLE_RATIO, SECOND_TONE, Rgb

_ATTRIBUTE_TRIES = 20
_PLACE_TRIES = 8
_PLACE_FRAMES = (0, 3, 7)  # fixed, so that the scene does not depend on the clip's length
_OUTSIDE = 0.25  # the share of its radius by which an object may leave the frame


@dataclass(frozen=True)
class ShapeObject:
    """One object. Lengths are in heights of the frame, angles in radians.

    Attributes:
        depth: larger is nearer to the camera; no two objects of a scene have the same.
        shade, second_shade: RGB of the object and of its texture's second tone.
        tilt, swing, swing_speed: it is turned by tilt + swing * sin(swing_speed * t) at frame t.
        texture_angle: the direction of its stripes.
    """

    colour: str
    shape: str
    texture: str
    radius: float
    depth: int
    shade: Rgb
    second_shade: Rgb
    motion: Motion
    tilt: float
    swing: float
    swing_speed: float
    texture_angle: float

    def rotation(self, t: int) -> tuple[float, float]:
        """Cosine and sine of the object's angle at frame `t`."""
        return stable_cos_sin(self.tilt + self.swing * round(math.sin(self.swing_speed * t), 9))


@dataclass(frozen=True)
class Scene:
    """`objects[i]` is object i + 1 of the masks; `aspect` is width / height."""

    objects: tuple[ShapeObject, ...]
    background: Background
    aspect: float


@dataclass(frozen=True)
class _Look:
    colour: str
    shape: str
    texture: str
    radius: float


def _tell_apart(look: _Look, others: list[_Look]) -> bool:
    for other in others:
        if (look.colour, look.shape, look.texture) == (other.colour, other.shape, other.texture):
            small, large = sorted((look.radius, other.radius))
            if large < COMPARABLE_RATIO * small:
                return False
    return True


def _sample_look(draws: Draws, config: SceneConfig, radius: tuple[float, float], others: list[_Look]) -> _Look:
    """Attributes of one more object, often shared with an earlier one, so that no single word is enough."""
    for _ in range(_ATTRIBUTE_TRIES):
        colour, shape = draws.choice(config.colours), draws.choice(config.shapes)
        if others:
            model = draws.choice(others)
            share = draws.uniform(0.0, 1.0)
            if share < 0.25 or share >= 0.9:
                colour = model.colour
            if 0.25 <= share < 0.5 or share >= 0.9:
                shape = model.shape
        # Plain ones lead, as in most drawings.
        plain = "plain" in config.textures and draws.chance(0.35)
        texture = "plain" if plain else draws.choice(config.textures)
        look = _Look(colour, shape, texture, draws.uniform(*radius))
        if _tell_apart(look, others):
            break
    return look  # a config of one look gives twins, which then have no expression


def _sample_shades(draws: Draws, colour: str) -> tuple[Rgb, Rgb]:
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


def _crowding(motion: Motion, radius: float, placed: list[tuple[list[tuple[float, float]], float]]) -> float:
    """How deep an object would sit in others: 0 is free, 2 is inside one, the first frame counting double."""
    worst = 0.0
    for step, t in enumerate(_PLACE_FRAMES):
        x, y = motion.position(t)
        for positions, other_radius in placed:
            dx, dy = x - positions[step][0], y - positions[step][1]
            depth = (radius + other_radius - math.sqrt(dx * dx + dy * dy)) / min(radius, other_radius)
            worst = max(worst, depth if t else 2 * depth)
    return worst


def _sample_motions(draws: Draws, config: SceneConfig, looks: list[_Look], aspect: float) -> list[Motion]:
    motions: list[Motion] = []
    placed: list[tuple[list[tuple[float, float]], float]] = []
    for look in looks:
        margin = look.radius * (1.0 - _OUTSIDE)
        box = margin, margin, aspect - margin, 1.0 - margin
        enough = draws.uniform(0.0, 1.2)  # some objects may overlap, as occlusion is part of the benchmark
        best = sample_motion(draws, box, config.speed)
        least = _crowding(best, look.radius, placed)
        for _ in range(_PLACE_TRIES - 1):
            if least <= enough:
                break
            motion = sample_motion(draws, box, config.speed)
            crowding = _crowding(motion, look.radius, placed)
            if crowding < least:
                best, least = motion, crowding
        motions.append(best)
        placed.append(([best.position(t) for t in _PLACE_FRAMES], look.radius))
    return motions


def sample_scene(split: str, seed: int, index: int, config: SceneConfig, size: tuple[int, int]) -> Scene:
    """The scene of clip `index`. Of `size` (H, W) only the aspect ratio counts.

    Raises:
        ValueError: frames of that size do not hold the objects of `config`.
    """
    radius = config.radius_range(size)
    aspect = size[1] / size[0]
    draws = Draws(split, seed, index, "scene")
    looks: list[_Look] = []
    for _ in range(draws.integer(*config.num_objects)):
        looks.append(_sample_look(draws, config, radius, looks))
    motions = _sample_motions(draws, config, looks, aspect)
    # Small objects tend to be in front: they would otherwise often be hidden altogether.
    nearness = [-look.radius + draws.uniform(0.0, 0.1) for look in looks]
    order = sorted(range(len(looks)), key=lambda i: nearness[i])
    objects = []
    for i, (look, motion) in enumerate(zip(looks, motions, strict=True)):
        shade, second_shade = _sample_shades(draws, look.colour)
        objects.append(
            ShapeObject(
                colour=look.colour,
                shape=look.shape,
                texture=look.texture,
                radius=look.radius,
                depth=order.index(i),
                shade=shade,
                second_shade=second_shade,
                motion=motion,
                tilt=draws.uniform(-0.25, 0.25),
                swing=draws.uniform(0.0, 0.3) if draws.chance(0.6) else 0.0,
                swing_speed=draws.uniform(0.05, 0.25),
                texture_angle=draws.choice((0.0, 0.25, 0.5, 0.75)) * math.pi,
            )
        )
    return Scene(tuple(objects), sample_background(Draws(split, seed, index, "background"), config), aspect)
