"""Scenes for what is not there: as those for looks or for relations, so that the scene gives nothing away."""

from ..draws import Draws
from ..kinds import LEAST_OBJECTS, RELATION
from .appearance import lay_out_appearance
from .layout import Body, Room
from .relation import lay_out_relation


def lay_out_absent(draws: Draws, room: Room) -> list[Body]:
    """Half of them with look-alikes, where there may be enough objects: a relation is then true of none of them."""
    if room.num_objects[1] >= LEAST_OBJECTS[RELATION] and draws.chance(0.5):
        return lay_out_relation(draws, room)
    return lay_out_appearance(draws, room)
