import math
from collections import Counter

import numpy as np

from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.layouts import Body, Room
from refsam_hf.benchmarks.shapes.layouts.relation import lay_out_relation
from refsam_hf.benchmarks.shapes.looks import look_range
from refsam_hf.benchmarks.shapes.vocabulary import UNSEEN_PAIRS

SIZE = 180, 240


def lay_out(number: int, split: str = "train", config: SceneConfig | None = None) -> list[Body]:
    config = config or SceneConfig()
    room = Room(look_range(split, config, SIZE), config.num_objects, config.speed, SIZE[1] / SIZE[0])
    return lay_out_relation(Draws(split, number), room)


def is_crossed(bodies: list[Body]) -> bool:
    """Whether the first four are two shapes in the same two colours, or textures."""
    names = [body.look.name for body in bodies[:4]]
    if len(set(names)) < 4 or [name[1] for name in names] != [names[0][1]] * 2 + [names[2][1]] * 2:
        return False
    crossed = [[name[part] for name in names] for part in (0, 2)]
    return names[0][1] != names[2][1] and any(values[:2] == values[2:] != values[1::-1] for values in crossed)


SCENES = [lay_out(number) for number in range(150)]
CROSSED = [bodies for bodies in SCENES if is_crossed(bodies)]
ALIKE = [bodies for bodies in SCENES if not is_crossed(bodies)]


def alike(bodies: list[Body]) -> list[Body]:
    return [body for body in bodies if body.look.name == bodies[0].look.name]


def centres(bodies: list[Body], num_frames: int = 12) -> np.ndarray:
    return np.array([[body.motion.position(t) for t in range(num_frames)] for body in bodies])  # (O, T, 2)


def test_two_to_four_look_alikes_and_at_least_one_other() -> None:
    numbers = Counter(len(alike(bodies)) for bodies in ALIKE)
    assert set(numbers) == {2, 3, 4}
    assert numbers[2] > numbers[3] > numbers[4]
    assert all(len(alike(bodies)) < len(bodies) <= 6 for bodies in ALIKE)
    others = [body.look.name for bodies in ALIKE for body in bodies if body not in alike(bodies)]
    assert len(set(others)) > 50


def test_two_shapes_in_two_colours_are_often_crossed() -> None:
    assert 0.35 < len(CROSSED) / len(SCENES) < 0.65
    by_texture = [bodies for bodies in CROSSED if bodies[0].look.colour == bodies[1].look.colour]
    assert 0 < len(by_texture) < 0.3 * len(CROSSED)
    one_shape = SceneConfig(num_objects=(4, 4), shapes=("star",))
    assert not any(is_crossed(lay_out(number, config=one_shape)) for number in range(20))


def _is_left_but_not_leftmost(x: float, other: float, anchor: float, across: float) -> bool:
    """Of two, the first is on one side of the anchor; the other is farther there, but far above or below."""
    farther = abs(other - anchor) > abs(x - anchor) and (other < anchor) == (x < anchor)
    return farther and across > 3 * abs(other - anchor)


def test_what_is_beside_another_is_often_not_the_utmost() -> None:
    found = 0
    for bodies in SCENES:
        at = centres(bodies)[:, 0]
        triples = [(i, 1 - i, k) for i in (0, 1) for k in (2, 3) if k < len(bodies)]
        found += any(
            _is_left_but_not_leftmost(at[i, axis], at[j, axis], at[k, axis], abs(at[j, 1 - axis] - at[k, 1 - axis]))
            and math.dist(at[i], at[k]) < 0.3
            for i, j, k in triples
            for axis in (0, 1)
        )
    assert found > 0.2 * len(SCENES)


def test_sizes_of_look_alikes_are_sometimes_clearly_apart() -> None:
    radii = [sorted(body.look.radius for body in alike(bodies)) for bodies in ALIKE]
    apart = [sizes[-1] >= 1.3 * sizes[-2] for sizes in radii]
    assert 0.2 < sum(apart) / len(apart) < 0.8


def test_all_move_slowly_and_stay_inside() -> None:
    for bodies in SCENES:
        places = centres(bodies)
        steps = np.diff(places, axis=1)
        assert np.sqrt((steps * steps).sum(axis=-1)).max() <= 0.0141
        radii = np.array([body.look.radius for body in bodies])[:, None]
        assert (places >= radii[..., None] - 1e-9).all()
        assert (places <= np.array([SIZE[1] / SIZE[0], 1.0]) - radii[..., None] + 1e-9).all()
    assert max(abs(np.diff(centres(bodies), axis=1)).max() for bodies in SCENES) > 0.009  # but they do move


def test_few_stand_on_each_other() -> None:
    deep = pairs = 0
    for bodies in SCENES:
        places = centres(bodies)[:, 0]
        for i, body in enumerate(bodies):
            for j in range(i):
                distance = math.dist(places[i], places[j])
                deep += distance < 0.7 * (body.look.radius + bodies[j].look.radius)
                pairs += 1
    assert deep / pairs < 0.03


def _flatness(bodies: list[Body]) -> float:
    low, high = sorted(np.ptp(centres(alike(bodies))[:, 0], axis=0))
    return low / high


def test_some_look_alikes_stand_in_a_row_or_a_column() -> None:
    three = [bodies for bodies in ALIKE if len(alike(bodies)) >= 3]
    lined = [bodies for bodies in three if _flatness(bodies) < 0.25]
    assert 0.15 < len(lined) / len(three) < 0.5
    axes = {int(np.ptp(centres(alike(bodies))[:, 0], axis=0).argmax()) for bodies in lined}
    assert axes == {0, 1}


def test_the_look_alikes_of_the_unseen_split_are_a_pair_that_train_never_shows() -> None:
    for number in range(40):
        look = lay_out(number, "test-unseen")[0].look
        assert (look.colour, look.shape) in UNSEEN_PAIRS
    assert not {(body.look.colour, body.look.shape) for bodies in SCENES for body in bodies} & UNSEEN_PAIRS


def test_other_configs_are_kept_to() -> None:
    still = lay_out(0, config=SceneConfig(num_objects=(2, 3), speed=(0.0, 0.0)))
    assert len(still) == 3
    assert np.ptp(centres(still), axis=1).max() == 0
    crowd = lay_out(0, config=SceneConfig(num_objects=(9, 9), radius=(0.05, 0.08)))
    assert len(crowd) == 9
    assert all(0.05 <= body.look.radius <= 0.08 for body in crowd)


def test_the_same_draws_give_the_same_scene() -> None:
    assert lay_out(7) == SCENES[7] != lay_out(8)
