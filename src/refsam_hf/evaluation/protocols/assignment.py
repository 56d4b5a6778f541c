"""The best one-to-one assignment of two sets, exactly.

The Hungarian method with potentials: Kuhn, "The Hungarian method for the assignment problem", 1955, in the form that
augments along shortest paths, O(n^2 m).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best_assignment(scores: NDArray[Any]) -> list[tuple[int, int]]:
    """Pairs (row, column), each row and each column at most once, min(N, M) of them, of the largest sum of scores.

    Args:
        scores: (N, M), finite.

    Returns:
        The pairs, by row.

    Raises:
        ValueError: not a table of finite numbers.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError(f"scores: expected a table (N, M) of finite numbers, got shape {table.shape}")
    if 0 in table.shape:
        return []
    if table.shape[0] > table.shape[1]:
        return sorted((row, column) for column, row in best_assignment(table.T))
    return sorted((row, column) for column, row in enumerate(_columns(-table)) if row >= 0)


def _columns(costs: NDArray[np.float64]) -> list[int]:
    """For each column its row, or -1, at the smallest sum; `costs` has no more rows than columns."""
    rows, columns = costs.shape
    start = columns  # a column of our own, from which the path to each new row starts
    of_row, of_column = np.zeros(rows), np.zeros(columns + 1)
    matched = np.full(columns + 1, -1)
    for row in range(rows):
        matched[start] = row
        column = start
        slack = np.full(columns, np.inf)
        before = np.full(columns, start)
        visited = np.zeros(columns + 1, dtype=bool)
        while matched[column] >= 0:
            visited[column] = True
            here = matched[column]
            reduced = costs[here] - of_row[here] - of_column[:columns]
            open_columns = ~visited[:columns]
            closer = open_columns & (reduced < slack)
            slack[closer], before[closer] = reduced[closer], column
            nearest = int(np.argmin(np.where(open_columns, slack, np.inf)))
            step = slack[nearest]
            of_row[matched[visited]] += step
            of_column[visited] -= step
            slack[open_columns] -= step
            column = nearest
        while column != start:
            previous = before[column]
            matched[column] = matched[previous]
            column = previous
        matched[start] = -1
    return [int(row) for row in matched[:columns]]
