"""How scenes are laid out, one file per kind of expression that they are made for."""

from ..kinds import ABSENT, APPEARANCE, MOTION, REAPPEARANCE, RELATION
from .absent import lay_out_absent
from .appearance import lay_out_appearance
from .layout import Body, Layout, Room
from .motion import lay_out_motion
from .reappearance import lay_out_reappearance
from .relation import lay_out_relation

LAYOUTS: dict[str, Layout] = {
    APPEARANCE: lay_out_appearance,
    RELATION: lay_out_relation,
    MOTION: lay_out_motion,
    REAPPEARANCE: lay_out_reappearance,
    ABSENT: lay_out_absent,
}

__all__ = ["LAYOUTS", "Body", "Layout", "Room"]
