from collections.abc import Callable

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions import KINDS, Expression, describe
from refsam_hf.benchmarks.shapes.kinds import MIX
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject


def test_a_new_kind_plugs_in_and_changes_no_other(
    monkeypatch: pytest.MonkeyPatch, make_object: Callable[..., ShapeObject], make_scene: Callable[..., Scene]
) -> None:
    scene, visible = make_scene(make_object("red"), make_object("blue")), np.ones((2, 3))
    before = describe(scene, visible, ("train", 0, 0))

    def describe_smell(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
        return [Expression(f"the one that smells of {draws.integer(0, 9)}", "smell", (1,))]

    monkeypatch.setattr("refsam_hf.benchmarks.shapes.expressions.KINDS", {"smell": describe_smell, **KINDS})
    after = describe(scene, visible, ("train", 0, 0))
    assert after[0].kind == "smell"
    assert after[1:] == before


def test_the_kinds_are_those_of_the_mix() -> None:
    assert list(KINDS) == list(MIX)
