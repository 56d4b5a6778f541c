"""Whether the scores of a RefSAM mean what they say: the predicted IoU of each frame's mask against the real one.

    python examples/calibration.py --clips 100 --output outputs/calibration

Every frame counts from which on its expression can be decided; where nothing is to be seen and the mask is empty, the
real IoU is 1. Written to the folder: `calibration.json` and `calibration.png`.
"""

import argparse
from collections import defaultdict

import numpy as np

from refsam_hf.commands import measuring
from refsam_hf.evaluation.calibration import calibrate
from refsam_hf.evaluation.plots import plot_calibration
from refsam_hf.evaluation.results import segment_clip
from refsam_hf.evaluation.text_table import text_table
from refsam_hf.files.json import json_text
from refsam_hf.files.written_aside import written_aside

COLUMNS = {
    "frames": "frames",
    "expected_error": "expected calibration error",
    "absolute_error": "mean absolute error",
    "pearson": "Pearson",
    "spearman": "Spearman",
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure how well a checkpoint's scores foretell the real IoU.")
    measuring.add_arguments(parser, split="val")
    parser.add_argument("--output", default="outputs/calibration", metavar="FOLDER")
    options = parser.parse_args(arguments)

    folder, clips, model, processor = measuring.start(parser, options)
    frames: defaultdict[str, list[np.ndarray]] = defaultdict(list)  # kind -> (2, T) each, predicted and real
    for _, clip, expressions in clips:
        for result in segment_clip(model, processor, clip, expressions):
            counted = result.scores.counted
            frames[result.expression.kind].append(np.stack([result.iou_scores, result.scores.j])[:, counted])

    pairs = {kind: np.concatenate(parts, axis=1) for kind, parts in frames.items()}
    overall = calibrate(*np.concatenate(list(pairs.values()), axis=1))
    table = {kind: calibrate(*pair).as_dict() for kind, pair in pairs.items()} | {"all": overall.as_dict()}
    print(text_table(table, COLUMNS))
    with written_aside(folder / "calibration.json") as aside:
        report = measuring.what_was_measured(options) | {"calibration": table}
        aside.write_text(json_text(report), encoding="utf-8")
    by_kind = {kind: (predicted, real) for kind, (predicted, real) in pairs.items()}
    title = f"{options.split}, {options.clips} clips, {overall.frames} frames"
    try:
        plot_calibration(folder / "calibration.png", overall, by_kind, title)
    except ImportError:
        print("no calibration.png: it needs matplotlib, pip install 'refsam_hf[plots]'")
    print(f"wrote {folder}")


if __name__ == "__main__":
    main()
