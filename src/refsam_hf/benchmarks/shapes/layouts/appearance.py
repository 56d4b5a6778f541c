"""Objects of many looks on straight and curved paths, no two of them twins."""

from functools import partial

from ..draws import Draws
from ..looks import Look, sample_look
from ..motion import sample_motion
from .layout import Body, Room
from .placement import Placed, least_crowded

_OUTSIDE = 0.25  # the share of its radius by which an object may leave the frame


def lay_out_appearance(draws: Draws, room: Room) -> list[Body]:
    looks: list[Look] = []
    for _ in range(room.count(draws, 2)):
        looks.append(sample_look(draws, room.looks, looks))
    placed: list[Placed] = []
    for look in looks:
        box = room.box(look.radius, _OUTSIDE)
        enough = draws.uniform(0.0, 1.2)  # some objects may overlap, as occlusion is part of the benchmark
        motion = least_crowded(partial(sample_motion, draws, box, room.speed), look.radius, placed, enough)
        placed.append((motion, look.radius))
    return [Body(look, motion) for look, (motion, _) in zip(looks, placed, strict=True)]
