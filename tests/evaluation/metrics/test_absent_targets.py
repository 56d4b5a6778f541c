import math

import numpy as np
import pytest

from refsam_hf.evaluation.metrics import AbsentTargets

EMPTY, SOME = np.zeros((4, 6), bool), np.eye(4, 6, dtype=bool)


def test_shares_of_the_expressions_with_and_without_a_target(rles):
    # expression: (predicted, real) of its frames
    expressions = {
        "absent, left empty": [(EMPTY, EMPTY), (EMPTY, EMPTY)],
        "absent, marked once": [(EMPTY, EMPTY), (SOME, EMPTY)],
        "absent, left empty too": [(EMPTY, EMPTY)],
        "there, marked elsewhere": [(SOME, EMPTY), (EMPTY, SOME)],
        "there, lost": [(EMPTY, SOME)],
    }
    metric = AbsentTargets()
    for name, frames in expressions.items():
        predictions, references = zip(*frames, strict=True)
        metric.add_batch(
            predictions=rles(predictions),
            references=rles(references),
            expression=[name] * len(frames),
            frame=list(range(len(frames))),
        )
    assert metric.compute() == {
        "n_acc": pytest.approx(2 / 3),
        "t_acc": 0.5,
        "without_target": 3,
        "with_target": 2,
    }


def test_of_none_there_is_no_share(rles):
    result = AbsentTargets().compute(predictions=rles([SOME]), references=rles([SOME]), expression=["image 1"])
    assert math.isnan(result["n_acc"])
    assert result["t_acc"] == 1
