"""J and F as a metric: a sample is one frame of one object of one clip."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from datasets import Value

from refsam_hf.evaluation.frame_scores import frame_scores
from refsam_hf.evaluation.metrics.mask_metric import MaskMetric, Sample
from refsam_hf.evaluation.statistics import decay, mean, recall

SERIES = ("j", "f")


class JAndF(MaskMetric):
    """Region similarity J and contour accuracy F: their mean, recall and decay over each series of frames, and the
    means of these over all series, as DAVIS 2017 takes them.

    Columns: `series`, a str that names the object and its clip, and `frame`, the place of the frame in it.

    `compute(per_series=True)` gives beside `j`, `j_recall`, `j_decay`, `f`, `f_recall`, `f_decay`, `j_and_f` and
    `series`, how many there are, `per_series`: for each the same numbers and the values of each frame, `j_frames` and
    `f_frames`.
    """

    about = "Region similarity J and contour accuracy F of DAVIS 2017, with recall and decay."
    key = ("series", "frame")
    columns = {"series": Value("string"), "frame": Value("int64")}
    measures = dict.fromkeys(SERIES, Value("float64"))

    def _measure(self, *masks: Any) -> dict[str, float]:
        return dict(zip(SERIES, frame_scores(*masks), strict=True))

    def _score(self, samples: Iterator[Sample], *, per_series: bool = False, **options: Any) -> dict[str, Any]:
        if options:
            raise ValueError(f"options: expected per_series or none, got {', '.join(options)}")
        frames: defaultdict[str, dict[str, list[float]]] = defaultdict(lambda: {name: [] for name in SERIES})
        for sample in samples:
            for measure in SERIES:
                frames[sample["series"]][measure].append(sample[measure])
        lines = {name: series_line(of_series) for name, of_series in frames.items()}
        result: dict[str, Any] = {
            name: float(np.mean([line[name] for line in lines.values()])) for name in next(iter(lines.values()))
        }
        result["series"] = len(lines)
        if per_series:
            result["per_series"] = {
                name: line | {f"{measure}_frames": frames[name][measure] for measure in SERIES}
                for name, line in lines.items()
            }
        return result


def series_line(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """What is reported of one series: `values` holds the `j` and the `f` of its frames."""
    line: dict[str, float] = {}
    for name in SERIES:
        line[name] = mean(values[name])
        line[f"{name}_recall"] = recall(values[name])
        line[f"{name}_decay"] = decay(values[name])
    line["j_and_f"] = (line["j"] + line["f"]) / 2
    return line
