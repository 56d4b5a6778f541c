import math

from refsam_hf.evaluation.absence import absence_accuracies


def test_shares_of_each_sort():
    found_and_real = [(False, False), (True, False), (False, False), (True, True), (False, True)]
    assert absence_accuracies(found_and_real) == {
        "n_acc": 2 / 3,
        "t_acc": 1 / 2,
        "without_target": 3,
        "with_target": 2,
    }
    assert math.isnan(absence_accuracies([(True, True)])["n_acc"])
