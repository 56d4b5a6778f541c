"""What a protocol takes in memory does not grow with the clip."""

import tracemalloc

import numpy as np
import pytest

from refsam_hf.evaluation.protocols import Predicted, protocol_of
from refsam_hf.video.rle import encode_rle

HEIGHT, WIDTH = 120, 160
CASES = [("ref_davis17", "default"), ("ref_davis17", "semi-supervised"), ("mevis", "default"), ("refcoco", "default")]


@pytest.fixture
def scored(make_row):
    """Scores two objects of a clip of so many frames; gives the peak of memory while it did, in bytes."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[20:60, 20:60], labels[70:110, 80:140] = 1, 2

    def truth_of(row):
        mask = np.isin(labels, row["object_ids"])[None].repeat(len(row["frame_names"]), axis=0)
        return mask, np.zeros_like(mask)

    def run(protocol, frames):
        names = [f"{t:05d}" for t in range(frames)]
        rows = [make_row(str(label), [label], frame_names=names) for label in (1, 2)]
        shared = {label: encode_rle(np.roll(labels == label, 2, axis=1)) for label in (1, 2)}
        found = {str(label): Predicted([rle] * frames) for label, rle in shared.items()}
        tracemalloc.start()
        items = protocol.score_video(rows, found, truth_of)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(items) == 2
        return peak

    return run


@pytest.mark.parametrize(("benchmark", "variant"), CASES)
def test_a_clip_that_is_three_times_as_long_takes_no_more(benchmark, variant, scored):
    protocol = protocol_of(benchmark, variant)
    scored(protocol, 3)  # what is imported or cached once
    short, long = scored(protocol, 64), scored(protocol, 192)
    assert long - short < 20 * HEIGHT * WIDTH  # a mask of each of the 128 frames more would take 128 of these
