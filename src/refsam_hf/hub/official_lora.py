"""LoRA of the authors' code: `w(x) + w_b(w_a(x))` in place of the attention's output projection, in every block.

It has no scale: in PEFT's terms `lora_alpha == r`. The projection itself is then called `attn.proj.w`.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .conversion import VISION_ENCODER_RULES, Rules

LORA_RULES: Rules = (
    ("blocks.#.attn.proj.w.weight", "layers.#.attn.proj.weight"),
    ("blocks.#.attn.proj.w.bias", "layers.#.attn.proj.bias"),
    ("blocks.#.attn.proj.w_a.weight", "layers.#.attn.proj.lora_A.weight"),
    ("blocks.#.attn.proj.w_b.weight", "layers.#.attn.proj.lora_B.weight"),
    *VISION_ENCODER_RULES,
)
LORA_FOLDER = "lora"
"""Where in a converted checkpoint the LoRA adapter is."""


def split_lora(weights: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weights under our names -> those of the model, and `...attn.proj.lora_A.weight`, `...lora_B.weight`."""
    lora = {name: value for name, value in weights.items() if ".attn.proj.lora_" in name}
    return {name: value for name, value in weights.items() if name not in lora}, lora


def lora_rank(lora: Mapping[str, Tensor]) -> int:
    """The first block's rank, which the others have to have; 0 without any LoRA."""
    return next((len(value) for name, value in lora.items() if name.endswith("lora_A.weight") and value.ndim), 0)


def lora_shapes(rank: int, depth: int, width: int) -> dict[str, torch.Size]:
    """What a LoRA of all `depth` blocks of a tower of `width` consists of."""
    shapes = {}
    for index in range(depth):
        shapes[f"vision_tower.layers.{index}.attn.proj.lora_A.weight"] = torch.Size((rank, width))
        shapes[f"vision_tower.layers.{index}.attn.proj.lora_B.weight"] = torch.Size((width, rank))
    return shapes


def merge_lora(weights: dict[str, Tensor], lora: Mapping[str, Tensor]) -> None:
    """Adds `w_b w_a` to the projections among `weights`, in place; exact up to one rounding."""
    for name, down in lora.items():
        if name.endswith("lora_A.weight"):
            up = lora[name.replace("lora_A", "lora_B")]
            target = name.replace("lora_A.weight", "weight")
            merged = weights[target].double() + up.double() @ down.double()
            weights[target] = merged.to(weights[target].dtype)


def save_lora(lora: Mapping[str, Tensor], folder: Path) -> None:
    """Writes the adapter in PEFT's format, for `PeftModel.from_pretrained(model, folder)` or `model.load_adapter`."""
    from peft import LoraConfig

    rank = lora_rank(lora)
    folder.mkdir()
    LoraConfig(
        r=rank,
        lora_alpha=rank,
        lora_dropout=0.0,
        bias="none",
        # the mask decoder's attention has projections, too
        target_modules=r"vision_tower\.layers\.\d+\.attn\.proj",
        inference_mode=True,
    ).save_pretrained(str(folder))
    stored = {f"base_model.model.{name}": value.float().contiguous().clone() for name, value in lora.items()}
    save_file(stored, folder / "adapter_model.safetensors", metadata={"format": "pt"})
