"""Makes a folder of your own clips from a tree in the layout of Refer-YouTube-VOS or Ref-DAVIS17.

    python examples/prepare_own_clips.py shapes_files clips --split train

It copies the frames and label maps of the videos that `meta_expressions/<split>/meta_expressions.json` lists, and
writes their texts, as the loaders of benchmarks clean them, and objects as `expressions.json`.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from refsam_hf.benchmarks.folder import BenchmarkFolder
from refsam_hf.benchmarks.image_folders import FRAME_SUFFIXES, MASK_SUFFIXES
from refsam_hf.benchmarks.own_clips import check_clips
from refsam_hf.benchmarks.problems import VideoProblems
from refsam_hf.benchmarks.ytvos_layout import read_rows, read_videos
from refsam_hf.files.new_folder import new_folder
from refsam_hf.video.progress import progress

LAYOUT = """\
  meta_expressions/<split>/meta_expressions.json
  <split>/JPEGImages/<video>/<frame>.jpg
  <split>/Annotations/<video>/<frame>.png"""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make a folder of your own clips from a tree like Ref-DAVIS17's.")
    parser.add_argument("source", type=Path, help="holds meta_expressions/ and the split's folder")
    parser.add_argument("output", type=Path, help="the folder of clips to make, new or empty")
    parser.add_argument("--split", default="train", help="default train")
    parser.add_argument("--videos", nargs="+", metavar="NAME", help="some of the videos (default: all)")
    options = parser.parse_args(arguments)
    try:
        make_clips(options.source, options.output, options.split, options.videos)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    report = check_clips(options.output)
    print(f"wrote {options.output}: {len(report.clips)} clips without a problem, {len(report.problems)} problems")
    if report.problems:
        print(f"to see them: refsam check {options.output}")


def make_clips(source: Path, output: Path, split: str, names: Sequence[str] | None = None) -> None:
    """Copies the videos of a split, or those named, into a new folder, which appears when all of it is there.

    Raises:
        OSError: a file is missing, the disk is full, or `output` is something else than a new or an empty folder.
        ValueError: the list of expressions is broken or lacks a video, or a video has a problem.
    """
    folder = BenchmarkFolder("the videos", source, LAYOUT)
    videos = read_videos(folder, split)
    unknown = sorted(set(names or ()) - videos.keys())
    if unknown:
        raise ValueError(f"--videos: expected videos of the split {split}, got {', '.join(unknown)}")
    problems = VideoProblems(f"{source}, {split}", strict=True)
    rows = read_rows(
        folder,
        split,
        {name: videos[name] for name in names or videos},
        problems,
        images=folder.folder(f"{split}/JPEGImages"),
        labels=folder.folder(f"{split}/Annotations"),
    )
    problems.report(len(rows))
    with new_folder(output) as aside:
        for video, group in groupby(progress(rows, desc="copying", unit="expression"), itemgetter("video_id")):
            expressions = list(group)
            parts = (("frames", "frames_dir", FRAME_SUFFIXES), ("masks", "masks", MASK_SUFFIXES))
            for part, origin, suffixes in parts:
                (aside / video / part).mkdir(parents=True)
                files = folder.listed(Path(expressions[0][origin]), suffixes)
                for frame in expressions[0]["frame_names"]:
                    shutil.copyfile(Path(expressions[0][origin], files[frame]), aside / video / part / files[frame])
            said = [{"text": row["expression"], "object_ids": row["object_ids"]} for row in expressions]
            text = json.dumps(said, indent=1, ensure_ascii=False)
            (aside / video / "expressions.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
