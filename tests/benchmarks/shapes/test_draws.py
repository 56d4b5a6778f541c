from collections import Counter

import numpy as np

from refsam_hf.benchmarks.shapes.draws import GENERATION, Draws, noise_bytes, plain_sum, stream_seed


def test_a_stream_of_generation_3_is_what_it_was_on_its_first_day() -> None:
    draws = Draws("train", 0, 0, "scene")
    assert GENERATION == 3
    assert stream_seed("train", 0, 0, "scene") == 9407109903600396650
    assert [draws.integer(0, 99) for _ in range(8)] == [12, 12, 89, 11, 68, 28, 60, 83]
    assert "".join(Draws("order").shuffled("abcdef")) == "fdbaec"
    assert noise_bytes(7, 9).tolist() == [139, 74, 229, 241, 169, 65, 6, 160, 149]


def test_streams_of_different_keys_differ() -> None:
    keys = [(split, seed, index) for split in ("train", "val", "test") for seed in (0, 1) for index in range(50)]
    assert len({stream_seed(*key) for key in keys}) == len(keys)
    assert stream_seed("train", 1, 23) != stream_seed("train", 12, 3)


def test_integers_include_both_ends() -> None:
    draws = Draws("ends")
    assert {draws.integer(2, 4) for _ in range(200)} == {2, 3, 4}
    assert draws.integer(5, 5) == 5


def test_weights_are_kept() -> None:
    draws = Draws("weights")
    counts = Counter(draws.weighted("abc", (1.0, 3.0, 0.0)) for _ in range(2000))
    assert counts["c"] == 0
    assert 0.7 < counts["b"] / 2000 < 0.8


def test_uniform_and_chance_stay_in_range() -> None:
    draws = Draws("range")
    values = [draws.uniform(-1.0, 3.0) for _ in range(500)]
    assert -1.0 <= min(values) < -0.9
    assert 2.9 < max(values) < 3.0
    assert 100 < sum(draws.chance(0.3) for _ in range(500)) < 200
    assert {draws.sign() for _ in range(50)} == {-1, 1}


def test_every_order_comes_equally_often_and_the_items_stay_as_they_were() -> None:
    draws, items = Draws("orders"), ["a", "b", "c"]
    orders = Counter("".join(draws.shuffled(items)) for _ in range(1200))
    assert items == ["a", "b", "c"]
    assert orders.keys() == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert min(orders.values()) > 150
    assert draws.shuffled([]) == []
    assert sorted(draws.shuffled([1, 1, 2])) == [1, 1, 2]


def test_floats_are_added_one_by_one() -> None:
    # From Python 3.12 on, sum() gives 1.0 here.
    assert plain_sum([0.1] * 10) == 0.9999999999999999


def test_noise_is_uniform_and_of_any_length() -> None:
    noise = noise_bytes(3, 10_001)
    assert noise.shape == (10_001,)
    assert noise.dtype == np.uint8
    assert 124 < noise.mean() < 131
