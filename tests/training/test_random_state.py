"""The state of the generators, through JSON."""

import json
import random

import numpy as np
import torch

from refsam_hf.training.random_state import random_state, set_random_state


def draw():
    return random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn(), torch.rand(3).tolist()


def test_the_same_numbers_come_again():
    draw()
    state = json.loads(json.dumps(random_state()))
    first, second = draw(), draw()
    assert first != second
    set_random_state(state)
    assert (draw(), draw()) == (first, second)
