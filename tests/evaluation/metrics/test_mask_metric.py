import tracemalloc

import evaluate
import numpy as np
import pytest

from refsam_hf.evaluation.metrics import AbsentTargets, JAndF, MaskOverlap, absent_targets, j_and_f, mask_overlap
from refsam_hf.video.errors import VideoError


def samples(pairs, rles):
    return {
        "predictions": rles(pairs[:, 0]),
        "references": rles(pairs[:, 1]),
        "sample": [f"sample {place:03d}" for place in range(len(pairs))],
    }


def part(columns, places):
    return {name: [values[place] for place in places] for name, values in columns.items()}


@pytest.mark.parametrize(
    ("module", "metric", "key"),
    [
        (j_and_f, JAndF, {"series": ["a"], "frame": [0]}),
        (mask_overlap, MaskOverlap, {"sample": ["a"]}),
        (absent_targets, AbsentTargets, {"expression": ["a"]}),
    ],
)
def test_evaluate_loads_each_file_without_a_network(module, metric, key, disks, rles):
    loaded = evaluate.load(module.__file__)
    assert type(loaded).__name__ == metric.__name__
    masks = rles(disks(1)[0])
    arguments = {"predictions": masks[:1], "references": masks[1:], **key}
    result = loaded.compute(**arguments)
    assert result == pytest.approx(metric().compute(**arguments), nan_ok=True)
    assert result
    assert set(key) <= set(loaded.features)


def test_batches_single_samples_and_everything_at_once_are_the_same(disks, rles):
    columns = samples(disks(7), rles)
    at_once = MaskOverlap().compute(**columns)
    in_steps = MaskOverlap()
    in_steps.add_batch(**part(columns, range(4)))
    for place in range(4, 7):
        one = part(columns, [place])
        in_steps.add(prediction=one["predictions"][0], reference=one["references"][0], sample=one["sample"][0])
    assert in_steps.compute() == at_once
    assert at_once["samples"] == 7
    assert 0 < at_once["mean_iou"] < 1


def test_metrics_can_be_combined(disks, rles):
    columns = samples(disks(3), rles) | {"void": [None] * 3, "score": [1.0] * 3}
    both = evaluate.combine([MaskOverlap(), AbsentTargets()])
    both.add_batch(**columns, expression=columns["sample"], frame=[0, 0, 0])
    result = both.compute()
    assert result["mean_iou"] == MaskOverlap().compute(**columns)["mean_iou"]
    assert result["t_acc"] == 1


def test_two_processes_give_what_one_gives(disks, rles, in_processes):
    columns = samples(disks(9), rles)
    alone = MaskOverlap().compute(**columns)

    def work(process, options):
        metric = MaskOverlap(**options)
        # as DistributedSampler deals them out: in turn, and the first once more to fill the last batch
        metric.add_batch(**part(columns, [*range(process, 9, 2), *[0] * process]))
        return metric.compute()

    assert in_processes(2, work) == [alone, None]


@pytest.mark.parametrize("idle", [0, 1, 2])
def test_a_process_without_a_sample_holds_nobody_up(idle, disks, rles, in_processes):
    columns = samples(disks(6), rles)
    alone = MaskOverlap().compute(**columns)
    busy = [process for process in range(3) if process != idle]

    def work(process, options):
        metric = MaskOverlap(**options)
        if process != idle:
            metric.add_batch(**part(columns, range(busy.index(process), 6, 2)))
        return metric.compute()

    assert in_processes(3, work) == [alone, None, None]


def test_series_are_put_in_order_again(disks, rles, in_processes):
    pairs = disks(12)
    columns = {
        "predictions": rles(pairs[:, 0]),
        "references": rles(pairs[:, 1]),
        "series": ["b"] * 8 + ["a"] * 4,
        "frame": [*range(8), *range(4)],
    }
    alone = JAndF().compute(**columns, per_series=True)

    def work(process, options):
        metric = JAndF(**options)
        metric.add_batch(**part(columns, range(11 - process, -1, -2)))
        return metric.compute(per_series=True)

    assert in_processes(2, work)[0] == alone
    assert alone["j_decay"] != 0  # which depends on the order


def test_no_sample_anywhere_is_an_error():
    with pytest.raises(ValueError, match="expected at least one in any process, got none"):
        MaskOverlap().compute()


def test_counts_may_be_bytes_or_run_lengths(rles):
    mask = np.zeros((4, 6), bool)
    mask[1:3, 2:5] = True
    (rle,) = rles([mask])
    runs = {"size": [4, 6], "counts": [9, 2, 2, 2, 2, 2, 5]}
    coded = {"size": [4, 6], "counts": rle["counts"].encode()}
    result = MaskOverlap().compute(predictions=[runs, coded], references=[rle, rle], sample=["a", "b"])
    assert result["mean_iou"] == 1


def test_a_sample_that_was_added_twice_has_one_mask(disks, rles):
    columns = samples(disks(2), rles)
    metric = MaskOverlap()
    metric.add_batch(**columns)
    metric.add_batch(**(part(columns, [1]) | {"sample": ["sample 000"]}))
    with pytest.raises(ValueError, match=r"expected one sample with .*'sample 000'.*, got two whose masks or void"):
        metric.compute()


def test_a_sample_that_was_added_twice_has_one_void(disks, rles):
    columns = part(samples(disks(1), rles), [0])
    void = np.zeros((40, 56), bool)
    void[:, :9] = True
    for first, second, fits in ((void, void, True), (void, ~void, False), (None, void, False), (None, None, True)):
        metric = MaskOverlap()
        for given in (first, second):
            metric.add_batch(**columns, void=[None] if given is None else rles([given]))
        if fits:
            assert metric.compute()["samples"] == 1
            continue
        with pytest.raises(ValueError, match="got two whose masks or void differ"):
            metric.compute()


def test_masks_are_measured_when_they_are_added_and_not_kept(rles):
    """Of a sample some numbers are kept, whatever its masks are like: these take about 1 KB each as RLE."""
    columns = samples(np.random.default_rng(0).random((20, 2, 40, 56)) < 0.5, rles)
    assert len(columns["predictions"][0]["counts"]) > 1000

    def peak_of(rounds):
        metric = JAndF()
        tracemalloc.start()
        for number in range(rounds):
            metric.add_batch(
                predictions=columns["predictions"],
                references=columns["references"],
                series=["one"] * 20,
                frame=list(range(20 * number, 20 * number + 20)),
            )
        result = metric.compute()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert result["series"] == 1
        return peak

    peak_of(1)  # what is imported once
    assert peak_of(11) - peak_of(1) < 200 * 1000  # bytes, of 200 samples more


def test_bad_samples_are_errors_at_once_and_leave_the_others(disks, rles):
    columns = samples(disks(2), rles)
    metric = MaskOverlap()
    metric.add_batch(**columns)
    (small,) = rles([np.zeros((4, 6), bool)])
    short = {"size": [40, 56], "counts": [40 * 56 - 1]}
    for change, kind, message in [
        (
            {"references": [columns["references"][0], small]},
            VideoError,
            "reference of {'sample': 'y'}: expected the s",
        ),
        ({"void": [None, small]}, VideoError, "void of {'sample': 'y'}: expected the size of the prediction, 40x56"),
        (
            {"predictions": [short, short]},
            VideoError,
            "of {'sample': 'x'}: mask: expected counts that add up",
        ),
        ({"predictions": ["mask", "mask"]}, VideoError, "prediction of {'sample': 'x'}: mask: expected an RLE"),
        ({"references": None}, ValueError, "references: expected a list"),
        ({"sample": "xy"}, ValueError, "sample: expected a list"),
        ({"score": [1.0]}, ValueError, "score: expected 2 values, as of predictions, got 1"),
        ({"image": [1, 2]}, ValueError, "columns: expected predictions, references, void, sample, score, got"),
    ]:
        with pytest.raises(kind, match=message):
            metric.add_batch(**(columns | {"sample": ["x", "y"]} | change))
    assert metric.compute() == MaskOverlap().compute(**columns)
