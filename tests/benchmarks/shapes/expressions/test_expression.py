import numpy as np

from refsam_hf.benchmarks.shapes.expressions.expression import can_be_followed


def test_the_first_frame_and_nine_of_ten_must_show_the_object() -> None:
    visible = np.full((5, 20), 0.25)
    visible[1, 0] = 0.24
    visible[2, 5:7] = 0.0
    visible[3, 5:8] = 0.0
    visible[4] = 0.1
    assert can_be_followed(visible).tolist() == [True, False, True, False, False]


def test_a_short_clip_allows_no_absence() -> None:
    visible = np.ones((2, 9))
    visible[1, 4] = 0.0
    assert can_be_followed(visible).tolist() == [True, False]
