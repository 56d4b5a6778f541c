"""Fully sharded training (FSDP2, torch's `fully_shard`), as Accelerate's configuration asks for it.

Every process keeps a slice of each weight, of its gradient and of the optimizer's memory (ZeRO stage 3, Rajbhandari
et al. 2020), and the whole weights of a unit are gathered when it runs. The units are the blocks of the encoders. All
else is gathered once per batch, the mask decoder among it: it is small, and runs once per frame.
"""

import copy
from typing import TYPE_CHECKING, Any

import torch
from accelerate.utils import (  # type: ignore[import-untyped]
    disable_fsdp_ram_efficient_loading,
    is_torch_version,
)

if TYPE_CHECKING:
    from ..modeling_refsam import RefSamModel


def check_sharding(accelerator: Any) -> None:
    """That FSDP was configured for what training knows; before a model is loaded.

    Two options count for nothing: every process reads the whole checkpoint, whatever `cpu_ram_efficient_loading` says,
    and what is saved is whole, whatever `state_dict_type` says.

    Raises:
        ValueError: version 1, float16, an old torch, or another option that is not supported; it is named.
    """
    from torch.distributed.fsdp import CPUOffloadPolicy

    plugin = accelerator.state.fsdp_plugin
    if plugin.fsdp_version != 2:
        raise ValueError(f"accelerate: expected version 2 of FSDP (--fsdp_version 2), got {plugin.fsdp_version}")
    if is_torch_version("<", "2.7"):  # whose FSDP can leave no part whole
        raise ValueError(f"torch: expected 2.7 or newer for FSDP, got {torch.__version__}")
    if accelerator.mixed_precision not in ("no", "bf16"):
        raise ValueError(f"mixed_precision: expected 'no' or 'bf16' with FSDP, got {accelerator.mixed_precision!r}")
    unsupported = {
        "fsdp_offload_params": isinstance(plugin.cpu_offload, CPUOffloadPolicy),
        "fsdp_ignored_modules": plugin.ignored_modules is not None,
        "fsdp_auto_wrap_policy SIZE_BASED_WRAP": plugin.min_num_params is not None,
        "fsdp_activation_checkpointing (train.py's own gradient_checkpointing is)": plugin.activation_checkpointing,
        "a parallelism_config": getattr(accelerator, "parallelism_config", None) is not None,
    }
    for option, asked_for in unsupported.items():
        if asked_for:
            raise ValueError(f"accelerate: {option} is not supported with FSDP")
    plugin.cpu_ram_efficient_loading = False
    disable_fsdp_ram_efficient_loading()  # transformers reads it, too
    # bf16 is autocast's, as without shards: FSDP's own would round the weights of norms, and the loss
    plugin.mixed_precision_policy = None


def plan_sharding(accelerator: Any, model: "RefSamModel", whole_text: bool) -> "RefSamModel | None":
    """Says which modules are units, before `accelerator.prepare`; gives a copy of the model that stays whole.

    The copy waits on the CPU. It is what is saved, and what is validated: processes whose clips differ in length
    cannot gather weights together.

    Args:
        accelerator: an `Accelerator`.
        model: not yet prepared.
        whole_text: leaves the text encoder whole on every process. One whose outputs are cached has to be: it runs
            when a process meets a new expression, and the others would not gather its weights with that one.

    Returns:
        None without FSDP: every process has the whole model anyway.

    Raises:
        ValueError: `fsdp_transformer_layer_cls_to_wrap` names other classes than those of the encoders' blocks.
    """
    if accelerator.distributed_type.value != "FSDP":
        return None
    plugin = accelerator.state.fsdp_plugin
    blocks = {type(module).__name__ for module in model.modules()} & set(model._no_split_modules or ())
    wanted = plugin.transformer_cls_names_to_wrap
    if wanted is None:
        plugin.transformer_cls_names_to_wrap = sorted(blocks)
    elif unknown := sorted(set(wanted) - blocks):
        # the weights of other modules are used outside of their forward, where they would not be gathered
        raise ValueError(
            f"accelerate: expected fsdp_transformer_layer_cls_to_wrap among {', '.join(sorted(blocks))}, "
            f"got {', '.join(unknown)}"
        )
    if whole_text:
        plugin.ignored_modules = r"model\.text_encoder"  # as `Lessons` names it
    return copy.deepcopy(model)
