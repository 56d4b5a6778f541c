"""The sentences of a split, read from either layout: what is said of which annotation of which image."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..folder import BenchmarkFolder
from ..json_members import member, whole_number
from ..json_values import JsonFile, Value
from ..problems import BenchmarkError, VideoProblems
from .pickles import read_plain_pickle


class Sample(NamedTuple):
    """One sentence.

    Attributes:
        image_id: of COCO.
        file_name: of the image.
        expression_id: of the sentence.
        text: as it is written.
        object_id: of the annotation, in COCO.
        span: where the annotation stands in the file `Source.instances`.
    """

    image_id: int
    file_name: str
    expression_id: int
    text: str
    object_id: int
    span: tuple[int, int]


class Source(NamedTuple):
    """The file whose annotations the samples point into, and the samples."""

    instances: Path
    samples: Iterator[Sample]


def read_refs(folder: BenchmarkFolder, name: str, split: str, split_by: str, problems: VideoProblems) -> Source:
    """The sentences of `refs(<split_by>).p`, whose annotations are in `instances.json`.

    Raises:
        OSError: a file is missing.
        BenchmarkError: one is broken, or has no such split.
    """
    instances = folder.file(f"{name}/instances.json")
    path = folder.file(f"{name}/refs({split_by}).p")
    refs = read_plain_pickle(path)
    if not isinstance(refs, list) or not all(isinstance(ref, dict) for ref in refs):
        raise BenchmarkError(f"{path}: expected a list of dicts, got {type(refs).__name__}")
    splits = {str(ref.get("split")) for ref in refs}
    if split not in splits:
        raise BenchmarkError(f"split: expected one of {', '.join(sorted(splits))}, as in {path}, got {split!r}")
    images, annotations = _read_instances(instances)

    def samples() -> Iterator[Sample]:
        for ref in refs:
            if ref.get("split") != split:
                continue
            found: list[Sample] = []
            with problems.of(ref.get("image_id")):
                what = f"ref {ref.get('ref_id')!r}"
                image_id = whole_number(ref.get("image_id"), f"{what}, image_id")
                ann_id = whole_number(ref.get("ann_id"), f"{what}, ann_id")
                if image_id not in images:
                    raise BenchmarkError(f"{what}: expected the image {image_id} in {instances}, got none")
                span = _span_of(ann_id, annotations, what, instances)
                # the file name of the ref is not that of the image
                file_name = member(images[image_id], "file_name", str, f"image {image_id}")
                for sentence in member(ref, "sentences", list, what):
                    sent_id = whole_number(member(sentence, "sent_id", int, what), f"{what}, sent_id")
                    text = member(sentence, "sent", str, what)
                    found.append(Sample(image_id, file_name, sent_id, text, ann_id, span))
            yield from found

    return Source(instances, samples())


def read_converted(folder: BenchmarkFolder, name: str, split: str, problems: VideoProblems) -> Source:
    """The sentences of `instances_<name>_<split>.json`, in which every sentence is an "image" with an annotation.

    Raises:
        OSError: the file is missing.
        BenchmarkError: it is broken.
    """
    path = folder.file(f"{name}/instances_{name}_{split}.json")
    images, annotations = _read_instances(path)
    of_image = {str(annotation.content.get("image_id")): annotation for annotation in annotations.values()}

    def samples() -> Iterator[Sample]:
        for number, image in images.items():
            found: list[Sample] = []
            with problems.of(image.get("original_id")):
                what = f"image {number}"
                if str(number) not in of_image:
                    raise BenchmarkError(f"{what}: expected an annotation, got none")
                annotation = of_image[str(number)]
                object_id = whole_number(annotation.content.get("original_id", annotation.key), f"{what}, original_id")
                found.append(
                    Sample(
                        whole_number(image.get("original_id"), f"{what}, original_id"),
                        member(image, "file_name", str, what),
                        number,
                        member(image, "caption", str, what),
                        object_id,
                        (annotation.start, annotation.end),
                    )
                )
            yield from found

    return Source(path, samples())


def _read_instances(path: Path) -> tuple[dict[int, dict[str, Any]], dict[int, Value]]:
    """The images, and where the annotations are, by their ids."""
    file = JsonFile(path)
    parts: dict[str | int, Any] = {}
    annotations = {}
    for value in file.values("annotations"):
        if value.part is None:
            parts[value.key] = file.whole(value) if value.key == "images" else None
            continue
        key = whole_number(member(value.content, "id", int, f"{path}, annotation"), f"{path}, id of an annotation")
        annotations[key] = value._replace(key=key, content={k: v for k, v in value.content.items() if k in _KEPT})
    if "annotations" in parts or not annotations:  # something else than a list
        raise BenchmarkError(f"{path}: expected a list of annotations as 'annotations', got none")
    images = {
        whole_number(member(image, "id", int, f"{path}, an image"), f"{path}, id of an image"): image
        for image in member(parts, "images", list, str(path))
    }
    return images, annotations


_KEPT = ("image_id", "original_id")
"""What is needed of an annotation when a benchmark is loaded."""


def _span_of(ann_id: int, annotations: Mapping[int, Value], what: str, path: Path) -> tuple[int, int]:
    if ann_id not in annotations:
        raise BenchmarkError(f"{what}: expected the annotation {ann_id} in {path}, got none")
    return annotations[ann_id].start, annotations[ann_id].end
