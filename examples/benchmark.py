"""How fast this package is: the measures against the official formulas, and the bundled model's own frames per second.

    OMP_NUM_THREADS=1 python examples/benchmark.py

Every comparison is made in one run, on one core, the two sides in turn, and is given as medians and their ratio:

- J and F of one object in one frame of 480x854, against the official formulas on the whole frame. Their dilation by a
  disk of 8 pixels is OpenCV's where it is installed (as in the official code), otherwise NumPy's: the disk row by row,
  each row's run of pixels made of doubled shifts.
- the same for every one of 5 predictions with every one of 5 objects, as they are matched without supervision.
- J and F of a clip, of 20 and of 200 frames: the most memory that the measures take.
- the bundled checkpoint, frame by frame: frames per second by 1, 2, 4 and 8 expressions, and how much more memory a
  session of 100 frames takes than one of 20.
- a training step of the bundled checkpoint, its tower frozen: on frames, and on kept features.
"""

import argparse
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from speed.masks import HEIGHT, WIDTH, mask_pairs
from speed.measuring import medians, most_resident, peak_mebibytes
from speed.official import best_dilation, official_formulas

from refsam_hf.evaluation import frame_scores
from refsam_hf.evaluation.metrics import JAndF
from refsam_hf.evaluation.pairwise import pairwise_scores
from refsam_hf.video.rle import encode_rle

OBJECTS = 5
"""Predicted and true ones of the matching."""


def benchmark_measures(rounds: int) -> float:
    """Prints the milliseconds per frame and object; returns how many times faster ours are."""
    pairs = mask_pairs(20)
    name, dilate = best_dilation()
    for prediction, truth in pairs:  # the two must agree before their speed means anything
        ours = frame_scores(prediction, truth)
        np.testing.assert_allclose(official_formulas(prediction, truth, dilate), ours, rtol=0, atol=1e-9)
    taken = medians(
        {
            "official": lambda prediction, truth: official_formulas(prediction, truth, dilate),
            "ours": frame_scores,
        },
        rounds,
        lambda number: tuple(mask.copy() for mask in pairs[number % len(pairs)]),
    )
    ratio = taken["official"] / taken["ours"]
    print(f"J and F, one object in one frame of {HEIGHT}x{WIDTH}, median of {rounds} in turn:")
    print(f"  official formulas, whole frame, disk dilation by {name}: {taken['official']:.2f} ms")
    print(f"  ours: {taken['ours']:.2f} ms")
    print(f"  {ratio:.1f} times as fast")
    return ratio


def benchmark_matching(rounds: int) -> float:
    """Prints the milliseconds per frame of a matching; returns how many times faster all pairs are at once than one
    by one."""
    name, dilate = best_dilation()
    pairs = mask_pairs(OBJECTS)
    predictions, truths = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))

    def one_by_one(score: Callable[..., tuple[float, float]]) -> NDArray[np.float64]:
        found = [[score(prediction, truth) for truth in truths] for prediction in predictions]
        return np.moveaxis(np.array(found), -1, 0)

    sides: dict[str, Callable[[], Any]] = {
        "official": lambda: one_by_one(lambda prediction, truth: official_formulas(prediction, truth, dilate)),
        "pairs": lambda: one_by_one(frame_scores),
        "at once": lambda: pairwise_scores(predictions, truths),
    }
    expected, *others = (np.asarray(score()) for score in sides.values())
    for found in others:  # they must agree before their speed means anything
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    taken = medians(sides, rounds)
    print(f"the same of {OBJECTS} x {OBJECTS} masks, to match them, median of {rounds} in turn:")
    print(f"  official formulas, pair by pair, disk dilation by {name}: {taken['official']:.1f} ms")
    print(f"  ours, pair by pair: {taken['pairs']:.2f} ms")
    ratio = taken["pairs"] / taken["at once"]
    print(f"  ours, all at once: {taken['at once']:.2f} ms, {ratio:.1f} times as fast as pair by pair, ", end="")
    print(f"{taken['official'] / taken['at once']:.1f} times as the official formulas")
    return ratio


def benchmark_metric_memory() -> None:
    """Prints the most memory of the metric for a short and a long clip."""
    pairs = [[encode_rle(mask) for mask in pair] for pair in mask_pairs(10)]

    def score(frames: int) -> None:
        metric = JAndF()
        for frame, (prediction, truth) in enumerate(islice(pairs * frames, frames)):
            metric.add(prediction=prediction, reference=truth, series="object", frame=frame)
        metric.compute()

    score(2)  # what is imported at the first use does not count
    peaks = {frames: peak_mebibytes(lambda frames=frames: score(frames)) for frames in (20, 200)}  # type: ignore[misc]
    held = ", ".join(f"{peak:.2f} MiB for {frames} frames" for frames, peak in peaks.items())
    print(f"most memory of the metric for one object: {held} (one mask is {HEIGHT * WIDTH / 2**20:.2f} MiB)")


def benchmark_model(rounds: int) -> None:
    """Prints the frames per second of the bundled checkpoint, and the most memory of its session."""
    import torch

    from refsam_hf import TINY_CHECKPOINT, RefSamModel, RefSamProcessor
    from refsam_hf.benchmarks.shapes import generate_clip

    torch.set_num_threads(1)
    model = RefSamModel.from_pretrained(TINY_CHECKPOINT).eval()
    processor = RefSamProcessor.from_pretrained(TINY_CHECKPOINT)
    clip = generate_clip("test", 0, kind="relation", num_frames=4)
    texts = [
        f"the {colour} circle" for colour in ("red", "blue", "green", "yellow", "white", "purple", "gray", "orange")
    ]

    def segment(expressions: int, frames: int) -> None:
        session = processor.init_video_session(text=texts[:expressions])
        for _ in model.propagate_in_video_iterator(session, islice(_endless(clip.frames), frames)):
            pass

    counts = (1, 2, 4, 8)
    sides = {str(count): (lambda count=count: segment(count, 4)) for count in counts}
    taken = medians(sides, rounds)
    height, width = clip.frames.shape[1:3]
    print(f"the bundled checkpoint on frames of {height}x{width}, one thread, median of {rounds} clips of 4 frames:")
    for count in counts:
        rate = 4000 / taken[str(count)]
        print(f"  {count} expressions: {rate:.1f} frames per second, {taken[str(count)] / taken['1']:.2f} times 1")
    before = most_resident()
    segment(2, 20)
    after = most_resident()
    segment(2, 100)
    print(f"most memory of the process: {after - before:.1f} MiB more by a session of 20 frames, then ", end="")
    print(f"{most_resident() - after:.1f} MiB more by one of 100")


def _endless(frames: NDArray[np.uint8]) -> Any:
    while True:
        yield from frames


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure how fast the measures and the bundled model are.")
    parser.add_argument("--rounds", type=int, default=100, metavar="N", help="of the measures (default 100)")
    parser.add_argument("--model-rounds", type=int, default=5, metavar="N", help="of the model, 0: leave it out")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds: expected at least 1, got {options.rounds}")
    benchmark_measures(options.rounds)
    benchmark_matching(max(1, options.rounds // 10))
    benchmark_metric_memory()
    if options.model_rounds > 0:
        from speed.steps import benchmark_features

        benchmark_model(options.model_rounds)
        benchmark_features(options.model_rounds)


if __name__ == "__main__":
    main()
