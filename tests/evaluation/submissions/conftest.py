import pytest


@pytest.fixture
def right(labels, predicted):
    """The truth, handed in for rows."""
    return lambda rows: {row["expression_id"]: predicted(labels == row["object_ids"][0], [0.5] * 5) for row in rows}
