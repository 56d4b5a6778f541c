"""Sharded training: what of Accelerate's FSDP is taken, and what is not."""

import copy
import os
from types import SimpleNamespace

import pytest
import torch
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

from refsam_hf.training.optimizer import train_parts
from refsam_hf.training.processes import check_processes
from refsam_hf.training.sharding import plan_sharding
from refsam_hf.training.text_cache import cache_frozen_text


def accelerator(mixed_precision="no", **options):
    """As far as its state says how to shard."""
    plugin = FullyShardedDataParallelPlugin(**{"fsdp_version": 2, **options})
    if mixed_precision != "no":
        plugin.set_mixed_precision(mixed_precision)
    return SimpleNamespace(
        distributed_type=DistributedType.FSDP,
        mixed_precision=mixed_precision,
        parallelism_config=None,
        state=SimpleNamespace(fsdp_plugin=plugin),
    )


@pytest.fixture
def model(model_and_processor):
    return copy.deepcopy(model_and_processor[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fsdp_version": 1}, r"expected version 2 of FSDP \(--fsdp_version 2\), got 1"),
        ({"mixed_precision": "fp16"}, "mixed_precision: expected 'no' or 'bf16' with FSDP, got 'fp16'"),
        ({"cpu_offload": True}, "fsdp_offload_params is not supported"),
        ({"ignored_modules": "model.mask_decoder"}, "fsdp_ignored_modules is not supported"),
        ({"auto_wrap_policy": "SIZE_BASED_WRAP", "min_num_params": 10}, "SIZE_BASED_WRAP is not supported"),
        ({"activation_checkpointing": True}, r"fsdp_activation_checkpointing \(train.py's own gradient_checkpointing"),
    ],
)
def test_what_is_not_supported_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        check_processes(accelerator(**options))


def test_an_old_torch_is_refused(monkeypatch):
    """Accelerate would shard the cached text encoder there, and the processes would wait for each other."""
    monkeypatch.setattr("refsam_hf.training.sharding.is_torch_version", lambda *_: True)
    with pytest.raises(ValueError, match=r"torch: expected 2.7 or newer for FSDP, got \d"):
        check_processes(accelerator())


def test_other_parallelism_is_refused():
    asked = accelerator()
    asked.parallelism_config = object()
    with pytest.raises(ValueError, match="a parallelism_config is not supported"):
        check_processes(asked)


def test_every_process_reads_the_weights_and_autocast_rounds(monkeypatch):
    monkeypatch.setenv("FSDP_CPU_RAM_EFFICIENT_LOADING", "true")
    asked = accelerator("bf16")
    assert asked.state.fsdp_plugin.cpu_ram_efficient_loading
    assert asked.state.fsdp_plugin.mixed_precision_policy is not None
    check_processes(asked)
    assert not asked.state.fsdp_plugin.cpu_ram_efficient_loading
    assert os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] == "False", "by which transformers leaves weights out"
    assert asked.state.fsdp_plugin.mixed_precision_policy is None


def test_without_shards_there_is_no_copy(model):
    assert plan_sharding(SimpleNamespace(distributed_type=DistributedType.MULTI_GPU), model, whole_text=True) is None


def test_the_blocks_of_the_encoders_are_units(model):
    asked = accelerator(auto_wrap_policy="TRANSFORMER_BASED_WRAP")
    plan_sharding(asked, model, whole_text=False)
    assert asked.state.fsdp_plugin.transformer_cls_names_to_wrap == ["SamVisionLayer", "T5Block"]
    assert asked.state.fsdp_plugin.ignored_modules is None
    chosen = accelerator(auto_wrap_policy="TRANSFORMER_BASED_WRAP", transformer_cls_names_to_wrap=["SamVisionLayer"])
    plan_sharding(chosen, model, whole_text=True)
    assert chosen.state.fsdp_plugin.transformer_cls_names_to_wrap == ["SamVisionLayer"]
    assert chosen.state.fsdp_plugin.ignored_modules == r"model\.text_encoder"
    wrong = accelerator(auto_wrap_policy="TRANSFORMER_BASED_WRAP", transformer_cls_names_to_wrap=["Embedding"])
    with pytest.raises(ValueError, match="layer_cls_to_wrap among SamVisionLayer, T5Block, got Embedding"):
        plan_sharding(wrong, model, whole_text=False)


def test_the_copy_is_the_models_equal_and_its_own(model):
    train_parts(model, ["mask_decoder"])
    cached = cache_frozen_text(model, 2**20)
    whole = plan_sharding(accelerator(), model, whole_text=True)
    for (name, one), (other_name, other) in zip(model.named_parameters(), whole.named_parameters(), strict=True):
        assert (name, one.requires_grad) == (other_name, other.requires_grad)
        assert torch.equal(one, other)
        assert one.data_ptr() != other.data_ptr()
    ids = torch.tensor([[3, 4, 1]])
    given = [one.text_encoder(input_ids=ids, attention_mask=torch.ones_like(ids)) for one in (model, whole)]
    assert torch.equal(*(output.last_hidden_state for output in given))
    assert cached.encoded == 1, "the copy has a cache of its own"
