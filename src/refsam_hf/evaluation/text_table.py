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
    lines = cells(rows, columns, corner)
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    alignments = ["<", *">" * (len(widths) - 1)]
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
    head, *lines = cells(rows, columns, corner)
    return "\n".join([_markdown_line(head), "|" + "---|" * len(head), *map(_markdown_line, lines)])


def cells(
    rows: Mapping[str, Mapping[str, float]], columns: Mapping[str, str], corner: str = "kind"
) -> list[list[str]]:
    """The same table as texts, the headings first."""
    present = {name: heading for name, heading in columns.items() if any(name in row for row in rows.values())}
    lines = [[title, *(_number(row.get(name)) for name in present)] for title, row in rows.items()]
    return [[corner, *present.values()], *lines]


def _markdown_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
