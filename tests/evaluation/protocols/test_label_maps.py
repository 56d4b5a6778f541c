import numpy as np
import pytest

from refsam_hf.evaluation.protocols.label_maps import compete


def test_the_highest_probability_of_at_least_a_half_wins():
    probabilities = np.array([[[0.9, 0.6, 0.49, 0.5, 0.7]], [[0.2, 0.8, 0.3, 0.1, 0.7]]])
    assert compete(probabilities, [1, 2]).tolist() == [[1, 2, 0, 1, 1]]


def test_labels_are_those_given():
    labels = compete(np.array([[[0.9, 0.0]], [[0.0, 0.8]]]), [10, 2])
    assert labels.dtype == np.uint8
    assert labels.tolist() == [[10, 2]]


@pytest.mark.parametrize("labels", [[1], [1, 1], [0, 1], [1, 255]])
def test_labels_that_say_nothing_clear_are_errors(labels):
    with pytest.raises(ValueError, match="labels: expected"):
        compete(np.zeros((2, 1, 1)), labels)
