"""Whether a model knows that nothing is meant: N-acc. and T-acc. of expressions.

Liu et al., "GRES: Generalized Referring Expression Segmentation", CVPR 2023, section 5.1.
"""

from collections.abc import Sequence


def absence_accuracies(expressions: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    """N-acc. and T-acc.

    Args:
        expressions: of each, whether a mask was predicted anywhere, and whether it has a target.

    Returns:
        `n_acc`, the share of the expressions without a target for which nothing was predicted; `t_acc`, the share of
        those with a target for which something was; NaN of none; `without_target` and `with_target`, how many.
    """
    without = [not found for found, real in expressions if not real]
    with_target = [found for found, real in expressions if real]
    return {
        "n_acc": _share(without),
        "t_acc": _share(with_target),
        "without_target": len(without),
        "with_target": len(with_target),
    }


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right) if right else float("nan")
