"""Tests need no network and touch no cache or token of the user: settled here, before anything is imported."""

import os
import tempfile

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="refsam-tests-")

# What the user's shell says of the Hub: tokens, endpoints and caches are theirs, not the tests'.
_OF_THE_USER = (
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_ENDPOINT",
    "HF_HUB_CACHE",
    "HF_ASSETS_CACHE",
    "HF_DATASETS_CACHE",
    "HF_METRICS_CACHE",
    "HF_EVALUATE_CACHE",
    "HF_MODULES_CACHE",
    "HF_TOKEN_PATH",
)
for _name in _OF_THE_USER:
    os.environ.pop(_name, None)

os.environ.update(
    # A test that asks the Hub for something fails at once instead of waiting.
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    HF_EVALUATE_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HOME=os.path.join(_HOME.name, "huggingface"),
    # The models of the tests are too small to be worth a second thread.
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
    MPLBACKEND="Agg",
    MPLCONFIGDIR=os.path.join(_HOME.name, "matplotlib"),
)


def pytest_unconfigure(config: pytest.Config) -> None:
    _HOME.cleanup()
