"""Adapts a checkpoint to your own clips, scores it before and after, and segments the clips with the result.

    python examples/adapt_own_clips.py clips --output outputs/clips [--model CHECKPOINT] [--name value ...]

The folder is described in docs/your-clips.md. The first half of every clip is learnt from and the second is scored on,
unless `--learn` and `--score` say something else. How it is learnt stands in configs/own_clips.yaml; `--name value`
overrides any option of that file, as in train.py, whose training this runs: `--adaptation.method adapters`.

Written to the output: `last/`, the adapted checkpoint, and all else that train.py writes; `overlays/NAME.mp4`, every
clip with its expressions segmented by it; `scores.json`.
"""

import argparse
import json
import sys
from itertools import groupby
from pathlib import Path

from train import train  # found beside this script

from refsam_hf import TINY_CHECKPOINT
from refsam_hf.commands.loading import load
from refsam_hf.commands.segment import segment_to_files
from refsam_hf.evaluation.text_table import text_table
from refsam_hf.files.json import json_text
from refsam_hf.files.naming import naming
from refsam_hf.files.written_aside import written_aside
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import read_config
from refsam_hf.training.step import TrainingDivergedError
from refsam_hf.training.validation import Table, validate
from refsam_hf.training.validation_clips import VideoRows
from refsam_hf.video import open_video

CONFIG = Path(__file__).parent / "configs" / "own_clips.yaml"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Adapt a checkpoint to your own clips.", allow_abbrev=False)
    parser.add_argument("clips", type=Path, help="the folder of clips")
    parser.add_argument("--output", type=Path, required=True, help="a new folder for all that is written")
    parser.add_argument(
        "--model", default=TINY_CHECKPOINT, help="checkpoint folder or Hub name (default: the bundled)"
    )
    parser.add_argument("--learn", default=":50%", metavar="RANGE", help="frames to learn from (default :50%%)")
    parser.add_argument("--score", default="50%:", metavar="RANGE", help="frames to score on (default 50%%:)")
    parser.add_argument("--config", type=Path, default=CONFIG, help=f"how it is learnt (default {CONFIG.name})")
    options, overrides = parser.parse_known_args(arguments)
    given = {
        "output_dir": str(options.output),
        "model": options.model,
        "stages.0.datasets.0.root": str(options.clips),
        "stages.0.datasets.0.frames": options.learn,
        "validation.0.root": str(options.clips),
        "validation.0.frames": options.score,
    }
    settings = [f"--{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given.items()]
    try:
        with naming(f"--output: expected a new folder, got {options.output}"):
            if options.output.exists() and any(options.output.iterdir()):
                raise FileExistsError("it holds something")
        adapt(read_config(TrainingConfig, options.config, [*settings, *overrides]))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except TrainingDivergedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def adapt(config: TrainingConfig) -> None:
    """Trains by a configuration whose first validation is on own clips, and says what that changed."""
    output, scored = Path(config.output_dir), config.validation[0]
    videos = [VideoRows(name, list(rows)) for name, rows in groupby(scored.rows, key=lambda row: str(row["video_id"]))]
    before = score(config.model, videos)
    train(config)
    adapted = str(output / "last")  # not `best`, which was chosen by these scores
    after = score(adapted, videos)
    (output / "overlays").mkdir()
    for video in videos:
        texts = [row["expression"] for row in video.rows]
        overlay = output / "overlays" / f"{video.dataset}.mp4"
        segment_to_files(open_video(video.rows[0]["frames_dir"]), texts, overlay=overlay, model=adapted)
    rows = {f"{name}, {when}": line[name] for name in after for when, line in (("before", before), ("after", after))}
    print(f"frames {scored.frames} of {scored.root}\n{text_table(rows, corner='clip')}")
    with written_aside(output / "scores.json") as aside:
        frames = {"learnt_from": config.stages[0].datasets[0].frames, "scored_on": scored.frames}
        report = {"clips": scored.root, **frames, "model": config.model, "before": before, "after": after}
        aside.write_text(json_text(report), encoding="utf-8")
    print(f"wrote {adapted}, {output / 'overlays'} and {output / 'scores.json'}")


def score(model: str | None, videos: list[VideoRows]) -> Table:
    """J and F of a checkpoint, clip by clip; "all" is the mean over the clips."""
    return validate(*load(model), videos)


if __name__ == "__main__":
    sys.exit(main())
