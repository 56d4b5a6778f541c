"""How fast this package is: the measures against the official formulas, and the bundled model's own frames per second.

    OMP_NUM_THREADS=1 python examples/benchmark.py

Every comparison is made in one run, on one core, the two sides in turn, and is given as medians and their ratio:

- J and F of one object in one frame of 480x854, against the official formulas on the whole frame. Their dilation by a
  disk of 8 pixels is OpenCV's where it is installed (as in the official code), otherwise NumPy's: the disk row by row,
  each row's run of pixels made of doubled shifts.
- J and F of a clip, of 20 and of 200 frames: the most memory that the measures take.
- the bundled checkpoint, frame by frame: frames per second by 1, 2, 4 and 8 expressions, and how much more memory a
  session of 100 frames takes than one of 20.
"""

import argparse
import math
import resource
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refsam_hf.evaluation import frame_scores
from refsam_hf.evaluation.metrics import JAndF
from refsam_hf.video.rle import encode_rle

HEIGHT, WIDTH = 480, 854
Mask = NDArray[np.bool_]
Dilation = Callable[[NDArray[np.uint8], int], NDArray[Any]]


def official_formulas(
    prediction: Mask, truth: Mask, dilate: Dilation, void: Mask | None = None
) -> tuple[float, float]:
    """J and F of one frame by the steps of the DAVIS 2017 evaluation, each on the whole frame."""
    return official_region(prediction, truth, void), official_contour(prediction, truth, dilate, void)


def official_region(prediction: Mask, truth: Mask, void: Mask | None) -> float:
    """J: every mask is made boolean, and what is void taken out of both sums."""
    prediction, truth = prediction.astype(bool), truth.astype(bool)
    void = np.zeros_like(prediction) if void is None else void.astype(bool)
    shared = np.sum((prediction & truth) & np.logical_not(void), axis=(-2, -1))
    union = np.sum((prediction | truth) & np.logical_not(void), axis=(-2, -1))
    return 1.0 if np.isclose(union, 0) else float(shared / union)


def official_contour(prediction: Mask, truth: Mask, dilate: Dilation, void: Mask | None) -> float:
    """F: two boundary maps, each grown by a disk and multiplied with the other."""
    void = np.zeros_like(prediction) if void is None else void.astype(bool)
    radius = int(np.ceil(0.008 * np.linalg.norm(prediction.shape)))
    found = official_boundary(prediction * np.logical_not(void))
    real = official_boundary(truth * np.logical_not(void))
    near_found, near_real = dilate(found.astype(np.uint8), radius), dilate(real.astype(np.uint8), radius)
    matched_real, matched_found = real * near_found, found * near_real
    count_found, count_real = np.sum(found), np.sum(real)
    if count_found == 0 or count_real == 0:
        return float(count_found == count_real)
    precision, recall = np.sum(matched_found) / count_found, np.sum(matched_real) / count_real
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def official_boundary(mask: Mask) -> Mask:
    """The boundary map: three shifted copies of the mask, and three differences."""
    mask = mask.astype(bool)
    mask[mask > 0] = True
    east, south, both = np.zeros_like(mask), np.zeros_like(mask), np.zeros_like(mask)
    east[:, :-1] = mask[:, 1:]
    south[:-1, :] = mask[1:, :]
    both[:-1, :-1] = mask[1:, 1:]
    boundary: Mask = mask ^ east | mask ^ south | mask ^ both
    boundary[-1, :] = mask[-1, :] ^ east[-1, :]
    boundary[:, -1] = mask[:, -1] ^ south[:, -1]
    boundary[-1, -1] = False
    return boundary


def disk_rows(radius: int) -> list[tuple[int, int]]:
    """The rows of a disk: how far each is from the middle one, and how far it reaches to either side."""
    return [(row, math.isqrt(radius * radius - row * row)) for row in range(-radius, radius + 1)]


def numpy_dilation(mask: NDArray[np.uint8], radius: int) -> NDArray[Any]:
    """The whole frame grown by a disk, row of the disk by row."""
    height, width = mask.shape
    padded = np.pad(mask, radius)
    grown = np.zeros_like(mask)
    runs: dict[int, NDArray[Any]] = {}
    for row, reach in disk_rows(radius):
        if reach not in runs:
            run, length = padded, 1  # run[:, x] is the OR of padded[:, x : x + length]
            while length < 2 * reach + 1:
                step = min(length, 2 * reach + 1 - length)
                run = run[:, :-step] | run[:, step:]
                length += step
            runs[reach] = run
        left = radius - reach
        grown |= runs[reach][radius + row : radius + row + height, left : left + width]
    return grown


def best_dilation() -> tuple[str, Dilation]:
    """OpenCV's dilation where it is installed, else NumPy's."""
    try:
        import cv2  # type: ignore[import-not-found]
    except ImportError:
        return "NumPy", numpy_dilation
    cv2.setNumThreads(1)

    def dilate(mask: NDArray[np.uint8], radius: int) -> NDArray[Any]:
        disk = np.zeros((2 * radius + 1, 2 * radius + 1), np.uint8)
        for row, reach in disk_rows(radius):
            disk[radius + row, radius - reach : radius + reach + 1] = 1
        return cv2.dilate(mask, disk)

    return f"OpenCV {cv2.__version__}", dilate


def mask_pairs(count: int, seed: int = 0) -> list[tuple[Mask, Mask]]:
    """Predictions and truths (480, 854): blobs of an object's usual size, the prediction a little off."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    pairs = []
    for _ in range(count):
        centre, radii = rng.uniform((120, 200), (360, 650)), rng.uniform(45, 130, 2)
        waves, phase = rng.integers(3, 9), rng.uniform(0, 6)
        masks = []
        for shift in (np.zeros(2), rng.uniform(-6, 6, 2)):
            y, x = rows - centre[0] - shift[0], columns - centre[1] - shift[1]
            rim = 1 + 0.15 * np.sin(waves * np.arctan2(y, x) + phase)
            masks.append((y / radii[0]) ** 2 + (x / radii[1]) ** 2 < rim**2)
        pairs.append((masks[0], masks[1]))
    return pairs


def medians(
    sides: Mapping[str, Callable[..., object]], rounds: int, inputs: Callable[[int], tuple[Any, ...]] = lambda _: ()
) -> dict[str, float]:
    """The median milliseconds of each side; the sides are run in turn, after one round that does not count.

    They are those of this process on its core: what else runs on the machine takes nothing from either side. Before
    each turn, and not counted, `inputs` makes what the side gets in that round: as in real use, it was just written.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            given = inputs(number)
            start = time.process_time()
            side(*given)
            if number:
                times[name].append(1000 * (time.process_time() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}


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


def peak_mebibytes(work: Callable[[], object]) -> float:
    """The most memory that Python and NumPy held at once for some work."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


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
    before = _most_resident()
    segment(2, 20)
    after = _most_resident()
    segment(2, 100)
    print(f"most memory of the process: {after - before:.1f} MiB more by a session of 20 frames, then ", end="")
    print(f"{_most_resident() - after:.1f} MiB more by one of 100")


def _most_resident() -> float:
    """MiB that this process has held at most; PyTorch's count too."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    benchmark_metric_memory()
    if options.model_rounds > 0:
        benchmark_model(options.model_rounds)


if __name__ == "__main__":
    main()
