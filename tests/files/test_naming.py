"""Errors that say which input they are about."""

import pytest
from huggingface_hub.errors import OfflineModeIsEnabled

from refsam_hf.files.naming import naming


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (FileNotFoundError(2, "No such file or directory", "x"), FileNotFoundError, "No such file or directory"),
        (OSError("broken"), OSError, "broken"),
        (OfflineModeIsEnabled("offline"), OSError, "offline"),
        (ValueError("wrong"), ValueError, "wrong"),
    ],
)
def test_the_input_is_named(error, kind, message):
    with pytest.raises(kind) as raised, naming("model: expected a checkpoint, got 'x'"):
        raise error
    assert str(raised.value) == f"model: expected a checkpoint, got 'x': {message}"


def test_other_errors_pass():
    with pytest.raises(KeyError), naming("model"):
        raise KeyError("bug")
