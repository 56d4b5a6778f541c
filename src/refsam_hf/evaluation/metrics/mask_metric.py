"""What the metrics share: masks as COCO RLE, checked when they are added, gathered from all processes, each once."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import evaluate
import numpy as np
from datasets import Features, List, Value
from numpy.typing import NDArray

from refsam_hf.video.errors import VideoError
from refsam_hf.video.rle import Rle, check_rle, decode_rle, encode_rle

RLE = {"size": List(Value("int32")), "counts": Value("string")}
DIGEST = "masks_sha256"
"""The column that tells whether two samples of one key have the same masks."""

Sample = Mapping[str, Any]
"""What is kept of one sample: the metric's own columns, and what it measured of the masks."""


class MaskMetric(evaluate.Metric, ABC):
    """A metric of pairs of masks, one pair a sample.

    Beside `predictions` and `references`, one COCO RLE `{"size": [H, W], "counts": str}` each, a sample has `void`
    (such an RLE, or None) and the metric's own columns. Those of `key` name it: a sample that was added twice, as
    `DistributedSampler` does to fill the last batch, counts once, and the order in which processes are gathered does
    not matter.

    A sample is measured when it is added, by the process that adds it, and only the numbers are kept, in a file: what
    the metric takes in memory does not grow with what is added, and process 0 has no mask to decode at the end.

    In a distributed run every process gives `num_process`, `process_id` and the same `experiment_id`, and calls
    `compute`, one that had no sample too; process 0 gets the result, the others None.

    Attributes:
        key: the names of the columns that tell the samples apart.
        columns: the metric's own columns and their types.
        defaults: the values of columns that may be left out; those of the others have to be given.
        measures: the names and types of what is kept of the masks.

    Raises:
        ValueError: columns of different lengths, a column missing or unknown.
        VideoError: a mask that is no RLE, whose counts do not add up, or of another size than its reference. Both
            are raised when samples are added, and the call then adds none of them.
    """

    key: ClassVar[tuple[str, ...]]
    columns: ClassVar[Mapping[str, Any]]
    defaults: ClassVar[Mapping[str, Any]] = {}
    measures: ClassVar[Mapping[str, Any]]
    about: ClassVar[str]

    _computing = False

    def _info(self) -> evaluate.MetricInfo:
        masks = {"predictions": RLE, "references": RLE, "void": RLE}
        return evaluate.MetricInfo(
            description=self.about,
            citation="",
            inputs_description=f"predictions, references, void: COCO RLE; {', '.join(self.columns)}: of each sample.",
            features=Features(masks | dict(self.columns)),
        )

    def add_batch(self, *, predictions: Any = None, references: Any = None, void: Any = None, **columns: Any) -> None:
        """Adds samples, in lists of one length."""
        batch = {"predictions": predictions, "references": references} | columns
        count = len(_listed("predictions", predictions))
        batch["void"] = [None] * count if void is None else void
        for name, value in self.defaults.items():
            batch.setdefault(name, [value] * count)
        names = ["predictions", "references", "void", *self.columns]
        if set(batch) != set(names):
            raise ValueError(f"columns: expected {', '.join(names)}, got {', '.join(batch)}")
        for name, values in batch.items():
            if len(_listed(name, values)) != count:
                raise ValueError(f"{name}: expected {count} values, as of predictions, got {len(values)}")
        masks = list(zip(*(batch[name] for name in names[:3]), strict=True))
        for place, of_sample in enumerate(masks):
            _check_masks(of_sample, {name: batch[name][place] for name in self.key})
        if not count:
            return
        kept: dict[str, list[Any]] = {name: list(batch[name]) for name in self.columns} | {DIGEST: []}
        for of_sample in masks:
            plain = [_plain(mask) for mask in of_sample if mask is not None]
            prediction, reference, *void = (decode_rle(mask) for mask in plain)
            measured = self._measure(prediction, reference, void[0] if void else None)
            measured[DIGEST] = hashlib.sha256(repr(plain).encode()).hexdigest()
            for name, value in measured.items():
                kept.setdefault(name, []).append(value)
        self._open()
        self.writer.write_batch(self.selected_feature_format.encode_batch(kept))

    def add(self, *, prediction: Any = None, reference: Any = None, void: Any = None, **columns: Any) -> None:
        """Adds one sample."""
        lists = {name: [value] for name, value in columns.items()}
        self.add_batch(predictions=[prediction], references=[reference], void=[void], **lists)

    def compute(self, *, predictions: Any = None, references: Any = None, **options: Any) -> dict[str, Any] | None:
        """The result of all samples that were added, and of those given here; None but in process 0.

        Raises:
            ValueError: there is no sample at all, or two differ that have one key.
        """
        if predictions is not None or references is not None:
            given = {name: options.pop(name) for name in ("void", *self.columns) if name in options}
            self.add_batch(predictions=predictions, references=references, **given)
        self._open()  # `evaluate` waits for a file of every process, and raises in process 0 if one had nothing to add
        self._computing = True
        try:
            result: dict[str, Any] | None = super().compute(**options)
        finally:
            self._computing = False
        return result

    def _kept(self) -> Features:
        return Features({**self.columns, **self.measures, DIGEST: Value("string")})

    def _open(self) -> None:
        """Begins the file of what is kept, where it is not begun yet."""
        if self.writer is None:
            self.selected_feature_format = self._kept()
            self._init_writer()

    def _feature_names(self) -> list[str]:
        """The columns to add; of `evaluate`, which reads its file by these names too, those that are kept."""
        return list(self._kept() if self._computing else self.features)

    def _compute(self, **columns: Any) -> dict[str, Any]:
        kept = {name: columns.pop(name) for name in self._kept()}
        places: dict[tuple[Any, ...], int] = {}
        for place, key in enumerate(zip(*(kept[name] for name in self.key), strict=True)):
            if kept[DIGEST][places.setdefault(key, place)] != kept[DIGEST][place]:
                named = dict(zip(self.key, key, strict=True))
                raise ValueError(f"samples: expected one sample with {named}, got two whose masks or void differ")
        if not places:
            raise ValueError("samples: expected at least one in any process, got none: call add or add_batch")
        ordered = (place for _, place in sorted(places.items()))
        return self._score(({name: kept[name][place] for name in kept} for place in ordered), **columns)

    @abstractmethod
    def _measure(
        self, prediction: NDArray[np.bool_], reference: NDArray[np.bool_], void: NDArray[np.bool_] | None
    ) -> dict[str, Any]:
        """The `measures` of the masks (H, W) of one sample; `void` is true where a pixel does not count."""

    @abstractmethod
    def _score(self, samples: Iterator[Sample], **options: Any) -> dict[str, Any]:
        """The result. The samples come in the order of their keys."""


def _listed(name: str, values: Any) -> Sequence[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
        raise ValueError(f"{name}: expected a list, one value per sample, got {type(values).__name__}")
    return values


def _check_masks(masks: tuple[Any, Any, Any], key: Mapping[str, Any]) -> None:
    sizes = []
    for name, mask in zip(("prediction", "reference", "void"), masks, strict=True):
        if name == "void" and mask is None:
            continue
        try:
            sizes.append(check_rle(mask))
        except VideoError as error:
            raise VideoError(f"{name} of {dict(key)}: {error}") from error
        if sizes[-1] != sizes[0]:
            (height, width), (other_height, other_width) = sizes[0], sizes[-1]
            raise VideoError(
                f"{name} of {dict(key)}: expected the size of the prediction, {height}x{width} (height x width), got "
                f"{other_height}x{other_width}"
            )


def _plain(mask: Any) -> Rle:
    """The RLE with its counts as a str, however they were given."""
    counts = mask["counts"]
    if isinstance(counts, list):
        return encode_rle(decode_rle(mask))
    size = [int(side) for side in mask["size"]]
    return {"size": size, "counts": counts.decode("ascii") if isinstance(counts, bytes) else counts}
