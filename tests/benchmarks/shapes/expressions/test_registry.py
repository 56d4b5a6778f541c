from collections.abc import Callable

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions import KINDS, Expression, describe
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject


def test_a_new_kind_plugs_in_and_changes_no_other(
    monkeypatch: pytest.MonkeyPatch, make_object: Callable[..., ShapeObject], make_scene: Callable[..., Scene]
) -> None:
    scene, visible = make_scene(make_object("red"), make_object("blue")), np.ones((2, 3))
    before = describe(scene, visible, ("train", 0, 0))

    def describe_absence(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
        return [Expression(f"the green heart {draws.integer(0, 9)}", "absent", ())]

    monkeypatch.setitem(KINDS, "absent", describe_absence)
    after = describe(scene, visible, ("train", 0, 0))
    assert after[:-1] == before
    assert after[-1].kind == "absent"
