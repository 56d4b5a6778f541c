"""The values recorded from the official modules, and the sizes that they show."""

import os
from pathlib import Path

import pytest
from safetensors.torch import load_file

FIXTURE = Path(__file__).parents[1] / "fixtures" / "official_modules.safetensors"


class Official:
    """The tensors of a file of recorded values, and every size read off them."""

    def __init__(self, path):
        self.tensors = load_file(path)
        tower = self.of("vision_encoder.state_dict.")
        self.depth = 1 + max(int(name.split(".")[1]) for name in tower if name.startswith("blocks."))
        _, self.grid, _, self.width = tower["pos_embed"].shape
        self.patch = tower["patch_embed.proj.weight"].shape[-1]
        self.image = self["vision_encoder.pixel_values"].shape[-1]
        self.channels = tower["neck.0.weight"].shape[0]
        self.text_width = self["prompt.text_hidden_states"].shape[-1]
        # Linear layers stand at the even places: the first, the hidden ones, the last
        places = {int(name.split(".")[0]) for name in self.of("prompt.cross_modal_mlp.")}
        self.hidden_layers = len(places) - 2

        tables = [tower[f"blocks.{index}.attn.rel_pos_h"] for index in range(self.depth)]
        adapted = {name.split(".")[1] for name in tower if "_Adapter." in name}
        bottleneck = next(value for name, value in tower.items() if name.endswith("D_fc1.weight")).shape[0]
        is_global = [len(table) == 2 * self.grid - 1 for table in tables]
        windows = {(len(table) + 1) // 2 for table, whole in zip(tables, is_global, strict=True) if not whole}
        self.config_options = {
            "vision_config": {
                "image_size": self.image,
                "patch_size": self.patch,
                "hidden_size": self.width,
                "num_hidden_layers": self.depth,
                "num_attention_heads": self.width // tables[0].shape[1],
                "mlp_dim": tower["blocks.0.mlp.lin1.weight"].shape[0],
                "qkv_bias": "blocks.0.attn.qkv.bias" in tower,
                "window_size": windows.pop() if windows else 0,
                "global_attn_indexes": [index for index, whole in enumerate(is_global) if whole],
                "output_channels": self.channels,
                "num_pos_feats": self.channels // 2,
            },
            "mask_decoder_config": {"hidden_size": self.channels},
            "adapter_layers": sorted(map(int, adapted)),
            "adapter_width_ratio": (bottleneck + 0.5) / self.width,  # rounded down
            "space_adapter": any(".Space_Adapter." in name for name in tower),
            "mlp_adapter": any(".MLP_Adapter." in name for name in tower),
        }

    def __getitem__(self, name):
        return self.tensors[name]

    def of(self, prefix):
        """The tensors whose names begin so, without that beginning."""
        found = {name.removeprefix(prefix): value for name, value in self.tensors.items() if name.startswith(prefix)}
        assert found, f"nothing begins with {prefix}"
        return found

    def series(self, pattern):
        """The tensors of `pattern` with 0, 1, 2, ... in it, as far as there are any."""
        names = (pattern.format(index) for index in range(len(self.tensors)))
        found = [self[name] for name in names if name in self.tensors]
        assert found, f"there is no {pattern.format(0)}"
        return found


@pytest.fixture(scope="session")
def official():
    return Official(os.environ.get("REFSAM_REFERENCE", FIXTURE))


@pytest.fixture(scope="session")
def official_config(official):
    from refsam_hf import RefSamConfig

    return lambda: RefSamConfig(**official.config_options)
