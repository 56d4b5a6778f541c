"""Passes over rows: every row once in each, only with its own, in another order every time."""

import numpy as np
import pytest

from refsam_hf.training.passes import Passes

GROUPS = ["a"] * 5 + ["b"] * 2 + ["a"] * 2 + ["c"]  # 7, 2, 1 rows


def one_pass(passes, number):
    return [passes.rows(number * passes.samples + place).tolist() for place in range(passes.samples)]


@pytest.mark.parametrize(("most", "samples"), [(1, 10), (3, 5), (10, 3)])
def test_every_row_once_in_a_pass_and_only_with_its_own(most, samples):
    passes = Passes(GROUPS, most, [0])
    assert passes.samples == samples
    for number in range(3):
        rows = one_pass(passes, number)
        assert sorted(place for sample in rows for place in sample) == list(range(10))
        for sample in rows:
            assert len({GROUPS[place] for place in sample}) == 1
            assert 1 <= len(sample) <= most


def test_orders_and_partners_change_from_pass_to_pass_and_with_the_seed():
    passes, other = Passes(GROUPS, 3, [0]), Passes(GROUPS, 3, [1])
    orders = [one_pass(passes, 0), one_pass(passes, 1), one_pass(other, 0)]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    partners = {frozenset(sample) for number in range(6) for sample in one_pass(passes, number)}
    assert len(partners) > 12


def test_a_sample_does_not_depend_on_those_before():
    passes, again = Passes(GROUPS, 3, [4]), Passes(GROUPS, 3, [4])
    straight = [passes.rows(index).tolist() for index in range(20)]
    for index in (17, 3, 12, 3, 19):
        assert again.rows(index).tolist() == straight[index]


def test_no_row():
    with pytest.raises(ValueError, match="at least one row to learn from, got none"):
        Passes([], 3, [0])


def test_many_rows_take_no_time():
    passes = Passes(np.repeat(np.arange(40_000), 3).tolist(), 3, [0])
    assert passes.samples == 40_000
    assert len(passes.rows(123_456)) == 3
