"""Trackers by name."""

import pytest

from refsam_hf.training.trackers import check_trackers


def test_one_that_is_not_installed_is_an_error():
    check_trackers([])
    check_trackers(["tensorboard"])
    with pytest.raises(ValueError, match="expected trackers that are installed, got wandb; `pip install wandb`"):
        check_trackers(["tensorboard", "wandb"])
