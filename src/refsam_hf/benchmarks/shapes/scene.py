"""What a clip shows, before any pixel is drawn, and how it is sampled."""

import math
from dataclasses import dataclass

from .background import Background, sample_background
from .config import SceneConfig
from .draws import Draws
from .layouts import LAYOUTS, Room
from .looks import look_range, sample_shades
from .motion import Motion, stable_cos_sin
from .vocabulary import Rgb


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
    """`objects[i]` is object i + 1 of the masks; `kind` is what it was laid out for; `aspect` is width / height."""

    kind: str
    objects: tuple[ShapeObject, ...]
    background: Background
    aspect: float


def sample_scene(split: str, kind: str, seed: int, index: int, config: SceneConfig, size: tuple[int, int]) -> Scene:
    """The scene of clip `index` of a kind. Of `size` (H, W) only the aspect ratio counts.

    Raises:
        ValueError: frames of that size do not hold the objects of `config`, or the split has no such objects.
    """
    aspect = size[1] / size[0]
    room = Room(look_range(split, config, size), config.num_objects, config.speed, aspect)
    draws = Draws(split, kind, seed, index, "scene")
    bodies = draws.shuffled(LAYOUTS[kind](draws, room))  # an object's number says nothing about it
    # Small objects tend to be in front: they would otherwise often be hidden altogether.
    by_size = [-body.look.radius + draws.uniform(0.0, 0.1) for body in bodies]
    nearness = [near if body.nearness is None else body.nearness for body, near in zip(bodies, by_size, strict=True)]
    order = sorted(range(len(bodies)), key=lambda i: nearness[i])
    objects = []
    for i, body in enumerate(bodies):
        shade, second_shade = sample_shades(draws, body.look.colour)
        objects.append(
            ShapeObject(
                colour=body.look.colour,
                shape=body.look.shape,
                texture=body.look.texture,
                radius=body.look.radius,
                depth=order.index(i),
                shade=shade,
                second_shade=second_shade,
                motion=body.motion,
                tilt=draws.uniform(-0.25, 0.25),
                swing=draws.uniform(0.0, 0.3) if body.rocks and draws.chance(0.6) else 0.0,
                swing_speed=draws.uniform(0.05, 0.25),
                texture_angle=draws.choice((0.0, 0.25, 0.5, 0.75)) * math.pi,
            )
        )
    background = sample_background(Draws(split, kind, seed, index, "background"), config)
    return Scene(kind, tuple(objects), background, aspect)
