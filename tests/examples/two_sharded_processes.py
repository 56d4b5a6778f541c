"""What `test_train_sharded.py` runs with FSDP: trainings with shards and without, by the same two processes.

accelerate launch --config_file examples/configs/accelerate/fsdp.yaml two_sharded_processes.py CONFIG FOLDER WHICH

WHICH is `goes_on` for a training that is stopped, or `variants` for several of all kinds.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from accelerate.state import PartialState
from accelerate.utils import DistributedType
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from two_processes import Trainings

# the tower is frozen but for its adapters, and the text encoder is frozen: its outputs are cached
SHORT = ("--max_steps", "2", "--val_every", "2", "--stages.0.num_frames", "2")
PARTS = ("--train", "[adapters, cross_modal_mlp, hierarchical_dense_attention, mask_decoder, implicit_tracking]")
ALL_AT_ONCE = (
    *PARTS,
    *("--gradient_accumulation_steps", "2"),
    *("--gradient_checkpointing", "true"),
    *("--learning_rates.mask_decoder", "1e-3"),
    *("--weight_decay", "0.1"),
    *("--max_grad_norm", "0.05"),
    *("--ema_decay", "0.5"),
    *("--save_every", "1"),
    *("--keep_checkpoints", "100"),
)
LESSONS = tuple(
    word for lesson in ("flow", "memory", "mentions", "places") for word in (f"--stages.0.{lesson}_weight", "0.3")
)
ROBERTA = (
    "{model_type: roberta, vocab_size: 700, hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, "
    "intermediate_size: 64, max_position_embeddings: 40}"
)
VARIANTS = {
    "text_learns": ((), {}),
    "text_frozen": ((*PARTS, "--text_cache_mb", "0"), {}),
    "roberta": (("--model_config.text_config", ROBERTA), {}),
    "bf16": ((*PARTS, "--mixed_precision", "bf16"), {}),
    "one_unit": (PARTS, {"FSDP_AUTO_WRAP_POLICY": "NO_WRAP"}),
    "gathered_once": (PARTS, {"FSDP_RESHARD_AFTER_FORWARD": "false"}),
}


class ShardedTrainings(Trainings):
    """By Accelerate's FSDP on CPUs, which it does only on GPUs."""

    def run(self, name: str, *options: str) -> None:
        super().run(name, *SHORT, *options)

    def run_sharded(self, name: str, *options: str, configuration: Mapping[str, str] | None = None) -> None:
        # Accelerate looks at its FSDP settings only for processes of a GPU each: these here are called that. All else,
        # in Accelerate as in torch's `fully_shard`, is what runs on GPUs, with gloo in the place of NCCL.
        PartialState(cpu=True)
        PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
        before = dict(os.environ)
        os.environ |= {"ACCELERATE_USE_FSDP": "true", **(configuration or {})}
        self.run(name, *options)
        os.environ.clear()
        os.environ |= before

    def watch(self) -> None:
        """Writes down after every step, for each process, what the learner is made of: `NAME/RANK.json`."""
        take_step = self.script.take_step

        def watched(accelerator, model, *arguments):
            result = take_step(accelerator, model, *arguments)
            weights = dict(model.named_parameters())
            spread = {name: weight for name, weight in weights.items() if isinstance(weight, DTensor)}
            units = [type(module) for module in model.modules() if isinstance(module, FSDPModule)]
            facts = {
                "units": [unit.__name__.removeprefix("FSDP") for unit in units],
                "whole": [name for name in weights if name not in spread],
                "shares": {name: weight.to_local().numel() / weight.numel() for name, weight in spread.items()},
            }
            path = Path(accelerator.project_dir) / f"{accelerator.process_index}.json"
            path.write_text(json.dumps(facts), encoding="utf-8")
            return result

        self.script.take_step = watched


def main(config: str, folder: Path, which: str) -> None:
    torch._C._get_accelerator = lambda: torch.device("cpu")  # what is sharded over by default: also where a GPU is
    trainings = ShardedTrainings(config, folder)
    trainings.watch()
    os.environ["ACCELERATE_USE_FSDP"] = "false"
    if which == "goes_on":
        trainings.run("whole", *ALL_AT_ONCE, *LESSONS)
        trainings.run_sharded("sharded", *ALL_AT_ONCE, *LESSONS)
        trainings.copy("sharded", "stopped", step=1)
        trainings.run_sharded("stopped", *ALL_AT_ONCE, *LESSONS, "--resume", "true")
    else:
        trainings.run_sharded("without_shards/whole", *ALL_AT_ONCE)
        trainings.copy("without_shards/whole", "without_shards/sharded", step=1)
        trainings.run("without_shards/sharded", *ALL_AT_ONCE, "--resume", "true")
        for name, (options, configuration) in VARIANTS.items():
            trainings.run(f"{name}/whole", *options)
            trainings.run_sharded(f"{name}/sharded", *options, configuration=configuration)
        base = ("--model", str(folder / "text_learns" / "whole" / "last"), "--model_config", "null")
        for method in ("adapters", "lora"):
            options = (*base, "--adaptation.method", method)
            trainings.run(f"{method}/whole", *options)
            trainings.run_sharded(f"{method}/sharded", *options)
    assert set(trainings.codes.values()) == {0}, trainings.codes


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
