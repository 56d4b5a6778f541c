"""What one of several processes does for all of them."""

from types import SimpleNamespace

import pytest
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType

from refsam_hf.training.processes import check_processes, on_main


@pytest.fixture
def accelerator():
    AcceleratorState._reset_state(reset_partial_state=True)
    return Accelerator(cpu=True)


def test_results_and_errors_come_through(accelerator):
    assert on_main(accelerator, lambda: 3) == 3

    def fail():
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        on_main(accelerator, fail)


def test_other_kinds_of_processes_are_refused(accelerator):
    check_processes(accelerator)
    for kind in (DistributedType.MULTI_CPU, DistributedType.MULTI_GPU):
        check_processes(SimpleNamespace(distributed_type=kind))
    for kind in (DistributedType.DEEPSPEED, DistributedType.MEGATRON_LM):
        with pytest.raises(ValueError, match=rf"each hold the whole model, or FSDP \(.*\), got {kind.value}"):
            check_processes(SimpleNamespace(distributed_type=kind))


@pytest.mark.parametrize("asked_by", ["kind", "environment"])
def test_shards_are_refused_by_a_training_that_knows_none(accelerator, monkeypatch, asked_by):
    if asked_by == "kind":
        accelerator = SimpleNamespace(distributed_type=DistributedType.FSDP)
    else:
        monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(ValueError, match="expected processes that each hold the whole model, got FSDP"):
        check_processes(accelerator, sharded=False)


def test_sharding_where_there_is_nothing_to_shard_over_is_refused(accelerator, monkeypatch):
    """Accelerate goes on there as if it had not been asked."""
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(ValueError, match="expected GPUs for FSDP, got cpu"):
        check_processes(accelerator)
