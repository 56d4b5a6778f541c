"""The values of the official DAVIS 2017 evaluation, one test case for each pair of masks and each series."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

BUNDLED = Path(__file__).parents[1] / "fixtures" / "j_and_f.npz"


def _unpacked(bits: NDArray[np.uint8], height: int, width: int) -> NDArray[np.bool_]:
    return np.unpackbits(bits, count=height * width).reshape(height, width).astype(bool)


def _read_reference() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path = os.environ.get("REFSAM_METRIC_REFERENCE") or BUNDLED
    with np.load(path, allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        pairs = [
            {
                "prediction": _unpacked(arrays[f"pred{i}"], case["height"], case["width"]),
                "ground_truth": _unpacked(arrays[f"gt{i}"], case["height"], case["width"]),
                "J": case["J"],
                "F": case["F"],
            }
            for i, case in enumerate(meta["cases"])
        ]
    series = meta["statistics"]
    if not pairs or not series:
        # an empty list of cases would be a skipped test, and nothing would have been compared
        raise ValueError(f"{path}: expected pairs of masks and series of values, got {len(pairs)} and {len(series)}")
    return pairs, series


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not {"reference_pair", "reference_series"} & set(metafunc.fixturenames):
        return
    pairs, series = _read_reference()
    if "reference_pair" in metafunc.fixturenames:
        metafunc.parametrize("reference_pair", pairs, ids=[f"pair{i}" for i in range(len(pairs))])
    if "reference_series" in metafunc.fixturenames:
        metafunc.parametrize("reference_series", series, ids=[f"{len(s['values'])}-frames" for s in series])
