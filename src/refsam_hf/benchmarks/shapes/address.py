"""What names a clip, and the same as a URI, so that a row of a table can hold a clip that is drawn when opened."""

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np

from .config import SceneConfig
from .kinds import APPEARANCE, LEAST_OBJECTS, MIX
from .looks import look_range
from .vocabulary import SPLITS

SCHEME = "shapes"
DEFAULT_CONFIG = SceneConfig()
DEFAULT_FRAMES = 12


def check_whole(name: str, value: int, least: int) -> int:
    """`value` as an int, NumPy's too.

    Raises:
        ValueError: it is no integer of at least `least`; `name` is what it is called.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, got {value!r}")
    return int(value)


@dataclass(frozen=True)
class ClipAddress:
    """Everything that a clip is drawn from: `kind` is what its scene is made for, `size` is (H, W).

    Raises:
        ValueError: unknown split or kind, a number out of range, a size that does not hold the objects of `config`,
            or a config without the objects that the kind or the split needs.
    """

    split: str
    index: int
    kind: str = APPEARANCE
    seed: int = 0
    num_frames: int = DEFAULT_FRAMES
    size: tuple[int, int] = (180, 240)
    config: SceneConfig = DEFAULT_CONFIG

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise ValueError(f"split: expected one of {', '.join(SPLITS)}, got {self.split!r}")
        if self.kind not in MIX:
            raise ValueError(f"kind: expected one of {', '.join(MIX)}, got {self.kind!r}")
        for name, least in (("index", 0), ("seed", 0), ("num_frames", 1)):
            object.__setattr__(self, name, check_whole(name, getattr(self, name), least))
        if not isinstance(self.size, (tuple, list)) or len(self.size) != 2:
            raise ValueError(f"size: expected (height, width), got {self.size!r}")
        height, width = self.size
        object.__setattr__(self, "size", (check_whole("height", height, 1), check_whole("width", width, 1)))
        if not isinstance(self.config, SceneConfig):
            raise ValueError(f"config: expected a SceneConfig, got {self.config!r}")
        if self.config.num_objects[1] < LEAST_OBJECTS[self.kind]:
            raise ValueError(
                f"num_objects: expected up to {LEAST_OBJECTS[self.kind]} objects at least for the kind {self.kind!r}, "
                f"got {self.config.num_objects}"
            )
        look_range(self.split, self.config, self.size)

    @property
    def video_id(self) -> str:
        return f"{self.split}-{self.kind}-{self.seed}-{self.index:06d}"

    def uri(self) -> str:
        """For instance `shapes://test/motion?seed=0&index=3&frames=12&height=180&width=240`, and what the config
        changes."""
        query: dict[str, str | int] = {"seed": self.seed, "index": self.index, "frames": self.num_frames}
        query |= {"height": self.size[0], "width": self.size[1]}
        for item in fields(SceneConfig):
            value = getattr(self.config, item.name)
            if value != getattr(DEFAULT_CONFIG, item.name):
                query[item.name] = ",".join(str(part) for part in value)
        return f"{SCHEME}://{self.split}/{self.kind}?{urlencode(query, safe=',')}"


def _read_config(query: dict[str, str]) -> SceneConfig:
    """The default config with the fields of `query`, each "part,part", in place of its own."""
    changes: dict[str, Any] = {}
    for item in fields(SceneConfig):
        if item.name in query:
            part_type = type(getattr(DEFAULT_CONFIG, item.name)[0])
            changes[item.name] = tuple(part_type(part) for part in query.pop(item.name).split(","))
    if query:
        raise ValueError(f"unknown names {', '.join(query)}")
    return SceneConfig(**changes)


def parse_uri(uri: str) -> ClipAddress:
    """The address that `ClipAddress.uri` wrote.

    Raises:
        ValueError: it is no such URI, or names no possible clip.
    """
    parts = urlsplit(uri)
    if parts.scheme != SCHEME:
        raise ValueError(f"expected a URI like {ClipAddress('test', 0).uri()}, got {uri!r}")
    try:
        query = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
        index, seed, num_frames, height, width = (
            int(query.pop(name)) for name in ("index", "seed", "frames", "height", "width")
        )
        config = _read_config(query)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{uri!r} names no clip: {error!r}") from error
    return ClipAddress(parts.netloc, index, parts.path[1:], seed, num_frames, (height, width), config)
