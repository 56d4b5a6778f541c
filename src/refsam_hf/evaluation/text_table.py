"""A table of numbers as lines of text."""

import math
from collections.abc import Mapping, Sequence

SCORE_COLUMNS = {
    "expressions": "expressions",
    "j": "J",
    "f": "F",
    "j_and_f": "J&F",
    "j_swapped": "words swapped J",
    "lost": "lost",
    "hidden_empty": "hidden empty",
    "empty": "empty",
}
"""The columns of `by_kind.summarise`, and what they are called."""


def text_table(
    rows: Mapping[str, Mapping[str, float]], columns: Mapping[str, str] = SCORE_COLUMNS, corner: str = "kind"
) -> str:
    """Rows of numbers under one another: counts as they are, other numbers with three decimals.

    Args:
        rows: for each name the numbers; a column that a row has not, or NaN, is left blank.
        columns: the name of each column's numbers in a row, and its heading; one without numbers is left out.
        corner: the heading above the rows' names.
    """
    present = _present(rows, columns)
    lines = [[corner, *present.values()]]
    lines += [[title, *(_number(row.get(name)) for name in present)] for title, row in rows.items()]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    alignments = ["<", *(">" for _ in present)]
    aligned = [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, alignments, widths, strict=True))
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in aligned)


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def markdown_table(
    rows: Mapping[str, Mapping[str, float]], columns: Mapping[str, str] = SCORE_COLUMNS, corner: str = "kind"
) -> str:
    """The same table in Markdown, as a model card shows it."""
    present = _present(rows, columns)
    lines = [_markdown_line([corner, *present.values()]), "|" + "---|" * (len(present) + 1)]
    lines += [_markdown_line([title, *(_number(row.get(name)) for name in present)]) for title, row in rows.items()]
    return "\n".join(lines)


def _present(rows: Mapping[str, Mapping[str, float]], columns: Mapping[str, str]) -> dict[str, str]:
    return {name: heading for name, heading in columns.items() if any(name in row for row in rows.values())}


def _markdown_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
