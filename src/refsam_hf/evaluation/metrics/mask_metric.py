"""What the metrics share: masks as COCO RLE, checked when they are added, gathered from all processes, each once."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import evaluate
import numpy as np
from datasets import Features, List, Value
from numpy.typing import NDArray

from refsam_hf.video.errors import VideoError
from refsam_hf.video.rle import Rle, check_rle, decode_rle, encode_rle

RLE = {"size": List(Value("int32")), "counts": Value("string")}
NO_RLE: Rle = {"size": [], "counts": ""}
"""Stands for a mask that was not given: a column of `evaluate` cannot hold None."""


@dataclass(frozen=True)
class Sample:
    """One added sample.

    Attributes:
        prediction, reference: (H, W) bool.
        void: (H, W) bool, true where a pixel does not count; None: every pixel does.
        columns: the values of the metric's other columns.
    """

    prediction: NDArray[np.bool_]
    reference: NDArray[np.bool_]
    void: NDArray[np.bool_] | None
    columns: Mapping[str, Any]


class MaskMetric(evaluate.Metric, ABC):
    """A metric of pairs of masks, one pair a sample.

    Beside `predictions` and `references`, one COCO RLE `{"size": [H, W], "counts": str}` each, a sample has `void`
    (such an RLE, or None) and the metric's own columns. Those of `key` name it: a sample that was added twice, as
    `DistributedSampler` does to fill the last batch, counts once, and the order in which processes are gathered does
    not matter.

    In a distributed run every process gives `num_process`, `process_id` and the same `experiment_id`, and calls
    `compute`, one that had no sample too; process 0 gets the result, the others None.

    Attributes:
        key: the names of the columns that tell the samples apart.
        columns: the metric's own columns and their types.
        defaults: the values of columns that may be left out; those of the others have to be given.

    Raises:
        ValueError: columns of different lengths, a column missing or unknown.
        VideoError: a mask that is no RLE, whose counts do not add up, or of another size than its reference. Both
            are raised when samples are added, and the call then adds none of them.
    """

    key: ClassVar[tuple[str, ...]]
    columns: ClassVar[Mapping[str, Any]]
    defaults: ClassVar[Mapping[str, Any]] = {}
    about: ClassVar[str]

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
        for place, masks in enumerate(zip(*(batch[name] for name in names[:3]), strict=True)):
            _check_masks(masks, {name: batch[name][place] for name in self.key})
        for name in names[:3]:
            batch[name] = [_plain(mask) for mask in batch[name]]
        if count:
            super().add_batch(**batch)

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
        if self.writer is None:
            # `evaluate` waits for a file of every process, and raises in process 0 if one had nothing to add
            self.selected_feature_format = self.features
            self._init_writer()
        result: dict[str, Any] | None = super().compute(**options)
        return result

    def _compute(self, *, predictions: list[Rle], references: list[Rle], **columns: Any) -> dict[str, Any]:
        void = columns.pop("void")
        own = {name: columns.pop(name) for name in self.columns}
        places: dict[tuple[Any, ...], int] = {}
        for place, key in enumerate(zip(*(own[name] for name in self.key), strict=True)):
            first = places.setdefault(key, place)
            if (predictions[first], references[first]) != (predictions[place], references[place]):
                named = dict(zip(self.key, key, strict=True))
                raise ValueError(f"samples: expected one sample with {named}, got two whose masks differ")
        if not places:
            raise ValueError("samples: expected at least one in any process, got none: call add or add_batch")

        def samples() -> Iterator[Sample]:
            for _, place in sorted(places.items()):
                yield Sample(
                    decode_rle(predictions[place]),
                    decode_rle(references[place]),
                    decode_rle(void[place]) if void[place]["size"] else None,
                    {name: values[place] for name, values in own.items()},
                )

        return self._score(samples(), **columns)

    @abstractmethod
    def _score(self, samples: Iterator[Sample], **options: Any) -> dict[str, Any]:
        """The result. The samples come in the order of their keys, decoded one by one."""


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
    if mask is None:
        return NO_RLE
    counts = mask["counts"]
    if isinstance(counts, list):
        return encode_rle(decode_rle(mask))
    return {"size": list(mask["size"]), "counts": counts.decode("ascii") if isinstance(counts, bytes) else counts}
