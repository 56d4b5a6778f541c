from itertools import permutations

import numpy as np
import pytest

from refsam_hf.evaluation.protocols.assignment import best_assignment


def brute_force(scores):
    rows, columns = scores.shape
    if rows > columns:
        return brute_force(scores.T)
    return max(
        sum(scores[row, column] for row, column in enumerate(chosen)) for chosen in permutations(range(columns), rows)
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 4), (5, 3), (3, 6), (6, 6)])
@pytest.mark.parametrize("whole", [False, True])  # whole numbers: many assignments are equally good
def test_no_other_assignment_is_better(shape, whole):
    rng = np.random.default_rng(sum(shape))
    for _ in range(30):
        scores = rng.integers(-3, 4, shape).astype(float) if whole else rng.normal(size=shape)
        pairs = best_assignment(scores)
        assert len(pairs) == min(shape)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
        assert pairs == sorted(pairs)
        assert sum(scores[pair] for pair in pairs) == pytest.approx(brute_force(scores), abs=1e-12)


def test_the_greedy_choice_is_not_taken():
    assert best_assignment(np.array([[0.9, 0.8], [0.8, 0.1]])) == [(0, 1), (1, 0)]


def test_nothing_to_assign():
    assert best_assignment(np.zeros((0, 3))) == best_assignment(np.zeros((3, 0))) == []


@pytest.mark.parametrize("scores", [np.zeros(3), np.array([[np.nan]])])
def test_no_table_is_an_error(scores):
    with pytest.raises(ValueError, match="expected a table"):
        best_assignment(scores)
