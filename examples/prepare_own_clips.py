"""Makes a folder of your own clips from a tree in the layout of Refer-YouTube-VOS or Ref-DAVIS17.

    python examples/prepare_own_clips.py shapes_files clips --split train

It copies `<split>/JPEGImages/<video>` and `<split>/Annotations/<video>`, the frames that
`meta_expressions/<split>/meta_expressions.json` lists, and writes its texts and objects as `expressions.json`.
"""

import argparse
import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from refsam_hf.benchmarks.own_clips import check_clips
from refsam_hf.video.progress import progress

FORM = '{"videos": {NAME: {"frames": [NAME, ...], "expressions": {ID: {"exp": TEXT, "obj_id": LABEL}, ...}}}}'


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make a folder of your own clips from a tree like Ref-DAVIS17's.")
    parser.add_argument("source", type=Path, help="holds meta_expressions/ and the split's folder")
    parser.add_argument("output", type=Path, help="the folder of clips to make; it must not exist")
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
        FileExistsError: there is something under the name of the output already.
        OSError: a file is missing, or the disk is full.
        ValueError: the list of expressions is of another form, lacks a video, or has names that are no plain names.
    """
    if output.exists():
        raise FileExistsError(f"{output}: expected the name of a folder to make, got one that exists")
    listed = source / "meta_expressions" / split / "meta_expressions.json"
    try:
        videos: dict[str, Any] = json.loads(listed.read_text(encoding="utf-8"))["videos"]
        unknown = sorted(set(names or ()) - videos.keys())
        frames = {name: [plain(frame) for frame in video["frames"]] for name, video in videos.items() if plain(name)}
        expressions = {name: expressions_of(name, video["expressions"]) for name, video in videos.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{listed}: expected {FORM}, got another form ({error!r})") from error
    if unknown:
        raise ValueError(f"--videos: expected videos of {listed}, got {', '.join(unknown)}")
    aside = output.with_name(f".{output.name}-{secrets.token_hex(6)}")
    try:
        for name in progress(names or list(videos), desc="copying", unit="clip"):
            clip = aside / name
            for part, origin, suffix in (("frames", "JPEGImages", ".jpg"), ("masks", "Annotations", ".png")):
                (clip / part).mkdir(parents=True)
                for frame in frames[name]:
                    shutil.copyfile(
                        source / split / origin / name / f"{frame}{suffix}", clip / part / f"{frame}{suffix}"
                    )
            text = json.dumps(expressions[name], indent=1, ensure_ascii=False)
            (clip / "expressions.json").write_text(text, encoding="utf-8")
        aside.rename(output)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def expressions_of(video: str, entries: dict[str, Any]) -> list[dict[str, Any]]:
    """What `expressions.json` says of a video."""
    for key, entry in entries.items():
        if "obj_id" not in entry:
            raise ValueError(f"{video}, expression {key}: expected an obj_id, got none: this split hides its objects")
    labels = {key: entry["obj_id"] for key, entry in entries.items()}  # null: true of nothing in the video
    return [
        {"text": entry["exp"], "object_ids": [] if labels[key] is None else [int(labels[key])]}
        for key, entry in entries.items()
    ]


def plain(name: str) -> str:
    """The name, if it is one: a list from elsewhere must not say what is copied from or to other folders."""
    if name in (".", "..") or Path(name).name != name:
        raise ValueError(f"expected the name of a video or of a frame, got {name!r}")
    return name


if __name__ == "__main__":
    main()
