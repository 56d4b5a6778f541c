"""Masks to add, and several real processes to add them."""

import multiprocessing
import traceback

import numpy as np
import pytest

from refsam_hf.video.rle import encode_rle


@pytest.fixture
def disks():
    """`disks(count, seed)`: pairs of overlapping disks, bool (count, 2, 40, 56)."""

    def make(count, seed=0):
        rng = np.random.default_rng(seed)
        rows, columns = np.mgrid[:40, :56]
        pairs = np.empty((count, 2, 40, 56), bool)
        for pair in pairs:
            place = rng.uniform((8, 8), (32, 48))
            for mask, shift in zip(pair, (0, rng.uniform(-4, 4, 2)), strict=True):
                y, x = place + shift
                mask[:] = (rows - y) ** 2 + (columns - x) ** 2 < rng.uniform(4, 9) ** 2
        return pairs

    return make


@pytest.fixture
def rles():
    return lambda masks: [encode_rle(np.asarray(mask)) for mask in masks]


@pytest.fixture
def in_processes(tmp_path):
    """`in_processes(count, function)`: `function(process, options of a metric)` in `count` processes at once; what
    each returned, or the error of the first that failed."""

    def run(count, function):
        context = multiprocessing.get_context("fork")  # what is imported need not be imported again
        results = context.Queue()

        def work(process):
            options = {
                "num_process": count,
                "process_id": process,
                "experiment_id": "test",
                "cache_dir": str(tmp_path / "metrics"),
                "timeout": 20,
            }
            try:
                results.put((process, function(process, options), None))
            except BaseException:
                results.put((process, None, traceback.format_exc()))

        workers = [context.Process(target=work, args=(process,), daemon=True) for process in range(count)]
        for worker in workers:
            worker.start()
        got = sorted((results.get(timeout=60) for _ in workers), key=lambda result: result[0])
        for worker in workers:
            worker.join(timeout=20)
        for process, _, error in got:
            assert error is None, f"process {process}: {error}"
        return [value for _, value, _ in got]

    return run
