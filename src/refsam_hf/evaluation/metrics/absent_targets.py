"""Whether a model knows that nothing is meant: N-acc. and T-acc. as a metric."""

from collections.abc import Iterator
from typing import Any

from datasets import Value

from refsam_hf.evaluation.absence import absence_accuracies
from refsam_hf.evaluation.mask_inputs import visible_pair
from refsam_hf.evaluation.metrics.mask_metric import MaskMetric, Sample


class AbsentTargets(MaskMetric):
    """N-acc., the share of the expressions without a target whose masks are all empty, and T-acc., the share of those
    with a target that have a mask.

    Liu et al., "GRES: Generalized Referring Expression Segmentation", CVPR 2023, section 5.1. In a clip an expression
    has a target if any of its frames shows one.

    Columns: `expression`, a str that names the expression and its clip or image, and `frame`, 0 of an image.

    `compute()` gives `n_acc`, `t_acc` (NaN where there is no such expression), `without_target` and `with_target`, how
    many there are of each.
    """

    about = "N-acc. and T-acc. of GRES: are expressions without a target, and with one, known as such?"
    key = ("expression", "frame")
    columns = {"expression": Value("string"), "frame": Value("int64")}
    defaults = {"frame": 0}
    measures = {"found": Value("bool"), "real": Value("bool")}

    def _measure(self, *masks: Any) -> dict[str, bool]:
        prediction, reference = visible_pair(*masks)
        return {"found": bool(prediction.any()), "real": bool(reference.any())}

    def _score(self, samples: Iterator[Sample], **options: Any) -> dict[str, Any]:
        if options:
            raise ValueError(f"options: expected none, got {', '.join(options)}")
        found: dict[str, bool] = {}
        real: dict[str, bool] = {}
        for sample in samples:
            name = sample["expression"]
            found[name] = found.get(name, False) or sample["found"]
            real[name] = real.get(name, False) or sample["real"]
        return absence_accuracies([(found[name], real[name]) for name in real])
