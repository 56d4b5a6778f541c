"""The release of Ref-DAVIS17: four text files beside DAVIS 2017."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..folder import BenchmarkFolder, plain_name
from ..image_folders import MASK_SUFFIXES, VOID
from ..json_members import whole_number
from ..problems import BenchmarkError, VideoProblems
from ..rows import clean_text


class _File(NamedTuple):
    name: str
    encoding: str


# In the order of their numbers as annotators.
ANNOTATORS = (
    _File("Davis17_annot1.txt", "utf-8"),
    _File("Davis17_annot1_full_video.txt", "utf-8"),
    _File("Davis17_annot2.txt", "latin-1"),
    _File("Davis17_annot2_full_video.txt", "latin-1"),
)
LAYOUT_OF_THE_RELEASE = """\
  davis_text_annotations/Davis17_annot{1,2}{,_full_video}.txt
  DAVIS/ImageSets/2017/{train,val}.txt
  DAVIS/JPEGImages/480p/<video>/<frame>.jpg
  DAVIS/Annotations_unsupervised/480p/<video>/<frame>.png    or DAVIS/Annotations/480p"""

# What the texts call otherwise than DAVIS does.
RENAMED = {"clasic-car": "classic-car", "dog-scale": "dogs-scale", "motor-bike": "motorbike"}

_LINE = re.compile(r"(?P<video>\S+)\s+(?P<object>\S+)\s+(?P<text>.*)")
_QUOTES = "\"'“”\x93\x94 \t"  # \x93 and \x94 are Windows' curly quotes, read as latin-1

_Said = dict[str, list[dict[str, str]]]
"""By video, and for each annotator, by object: the expression."""


def read_release(folder: BenchmarkFolder, split: str, problems: VideoProblems) -> list[dict[str, Any]]:
    """The rows of a split, train or valid; what is wrong with one video is noted."""
    images = folder.folder("DAVIS/JPEGImages/480p")
    labels = folder.folder("DAVIS/Annotations_unsupervised/480p", "DAVIS/Annotations/480p")
    listed = folder.file(f"DAVIS/ImageSets/2017/{'val' if split == 'valid' else split}.txt")
    videos = sorted(set(listed.read_text(encoding="utf-8", errors="replace").split()))
    said, broken = _read_texts(folder)
    rows: list[dict[str, Any]] = []
    for video in videos:
        with problems.of(video):
            name = plain_name(video, "id of a video")
            if video in broken:
                raise BenchmarkError(broken[video])
            if video not in said:
                raise BenchmarkError(f"expected expressions in {folder.path / 'davis_text_annotations'}, got none")
            frames = sorted(folder.listed(images / name, (".jpg",)))
            if not frames:
                raise BenchmarkError(f"{images / name}: expected frames, got none")
            folder.check_files(labels / name, frames, MASK_SUFFIXES, "a label map")
            own: list[dict[str, Any]] = []  # all of the video, or nothing
            for expression_id, annotator, label, text in _expressions(said[video]):
                own.append(
                    {
                        "benchmark": folder.benchmark,
                        "split": split,
                        "video_id": name,
                        "expression_id": str(expression_id),
                        "expression": clean_text(text, f"object {label}, {ANNOTATORS[annotator].name}"),
                        "object_ids": [whole_number(label, "object", 1, VOID - 1)],
                        "annotator": annotator,
                        "frames_dir": str(images / name),
                        "frame_names": frames,
                        "masks": str(labels / name),
                    }
                )
            rows += own
    return rows


def _read_texts(folder: BenchmarkFolder) -> tuple[_Said, dict[str, str]]:
    """What is said, and of the videos with a line that cannot be read, why."""
    said: _Said = {}
    broken: dict[str, str] = {}
    for annotator, file in enumerate(ANNOTATORS):
        path = folder.file(f"davis_text_annotations/{file.name}")
        for number, line in _lines(path, file.encoding):
            match = _LINE.fullmatch(line)
            if match is None:
                raise BenchmarkError(f'{path}, line {number}: expected VIDEO OBJECT "WORDS", got {line[:60]!r}')
            video = RENAMED.get(match["video"], match["video"])
            of_video = said.setdefault(video, [{} for _ in ANNOTATORS])
            if match["object"] in of_video[annotator]:
                broken[video] = f"{path}, line {number}: expected each object once, got {match['object']!r} twice"
            of_video[annotator][match["object"]] = match["text"].strip(_QUOTES)
    return said, broken


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers."""
    try:
        text = path.read_text(encoding=encoding)
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{path}: expected text in {encoding}, got something else: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def _expressions(said: list[dict[str, str]]) -> Iterator[tuple[int, int, str, str]]:
    """(id, annotator, object, text) of a video; the objects are in the order of their names as texts: "10" before
    "2"."""
    for place, label in enumerate(sorted(set().union(*said))):
        for annotator, texts in enumerate(said):
            if label in texts:
                yield place * len(ANNOTATORS) + annotator, annotator, label, texts[label]
