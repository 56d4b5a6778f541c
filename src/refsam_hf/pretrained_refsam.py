"""What every model of RefSAM is given by its base: initialisation, the forms in which it is loaded and saved."""

from os import PathLike
from typing import Any, Self

import torch
from torch import Tensor, nn
from transformers.models.sam.modeling_sam import SamPositionalEmbedding

from .adapters import SwitchesAdapters
from .adapters.built_in import DEFAULT, has_built_in
from .configuration_refsam import RefSamConfig
from .hub.damage import whole_files
from .modules import HierarchicalDenseAttention


class RefSamPreTrainedModel(SwitchesAdapters):
    """Loading, saving and initialisation of RefSAM."""

    config: RefSamConfig
    config_class = RefSamConfig
    base_model_prefix = "refsam"
    main_input_name = "pixel_values"
    input_modalities = ["video", "text"]
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _no_split_modules = ["SamVisionLayer", "T5Block"]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, SamPositionalEmbedding):
            # as the official one; transformers' own, std = half the width, gives neighbours unrelated positions
            nn.init.normal_(module.positional_embedding, std=1.0)
        elif isinstance(module, HierarchicalDenseAttention) and len(module.level_projections):
            nn.init.constant_(module.level_weights, 1 / len(module.level_weights))

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, pretrained_model_name_or_path: str | PathLike[str], *args: Any, **kwargs: Any
    ) -> Any:
        """As every `from_pretrained`, but the weights are exactly those of the config.

        Both forms of checkpoint are read: the self-contained one, and the adapter-only one together with the
        checkpoints that it names. An adaptation comes with its adapter active, and all frozen.

        Raises:
            ValueError: weights are missing, of another shape, or unknown; they are named. Or a file is damaged, or the
                base of an adapter-only checkpoint is not the one that it was made for, or belongs to itself.
        """
        from .hub.adapter_only_reading import find_adapter_only, load_adapter_only

        found = None if args else find_adapter_only(pretrained_model_name_or_path, kwargs)
        if found is not None:
            return load_adapter_only(cls, pretrained_model_name_or_path, *found)
        return cls._from_whole(pretrained_model_name_or_path, *args, **kwargs)

    @classmethod
    def from_vision_text_pretrained(
        cls, vision: str | PathLike[str], text: str | PathLike[str], **config_kwargs: Any
    ) -> Self:
        """A new RefSAM on frozen backbones.

        Args:
            vision: a SAM checkpoint (`SamModel`); its vision encoder, mask decoder, position embedding and
                `no_mask_embed` are taken.
            text: a checkpoint with an encoder of `AutoModelForTextEncoding`, such as T5.
            config_kwargs: fields of [`RefSamConfig`] other than the sub-configs.

        Raises:
            ValueError: a checkpoint lacks a weight that is needed; the keys are named. Or a field of the config is of
                another type or out of range.
        """
        from .hub.backbones import build_on_backbones

        return build_on_backbones(cls, vision, text, **config_kwargs)

    def save_adapter(
        self,
        save_directory: str | PathLike[str],
        adapter_name: str = DEFAULT,
        base: str | PathLike[str] | None = None,
    ) -> None:
        """Saves what was trained, and the names of the checkpoints that it belongs to.

        The folder holds `config.json` and, under `adapter/`, the adapter in PEFT's format. Other files in it, such as
        the processor's, stay. `from_pretrained` reads it as it does a self-contained one.

        Args:
            adapter_name: of an adaptation: it belongs to the RefSAM checkpoint that the model was loaded from.
            base: that checkpoint, if it is to be named otherwise: a folder, or a Hub name.

        Raises:
            ValueError: no such adapter; a model that was not built over named checkpoints, or whose weights beside the
                adapter are no longer theirs; the folder is that of one of these checkpoints.
            OSError: the folder holds a self-contained checkpoint, or cannot be written to.
        """
        from .hub.adapter_only import save_adaptation
        from .hub.over_backbones import save_over_backbones

        if adapter_name == DEFAULT and (has_built_in(self) or not self.added_adapters()):
            save_over_backbones(self, save_directory)
        else:
            self._check_known([adapter_name])
            save_adaptation(self, save_directory, adapter_name, base)

    @classmethod
    def _from_whole(
        cls, source: str | PathLike[str], *args: Any, state_dict: dict[str, Tensor] | None = None, **kwargs: Any
    ) -> Any:
        """`from_pretrained` of a self-contained checkpoint, or of one whose weights were put together."""
        wants_info = kwargs.pop("output_loading_info", False)
        kwargs["ignore_mismatched_sizes"] = True  # transformers raises an error that does not name them
        kwargs.setdefault("use_safetensors", True)  # a folder of pickles is none of ours
        if state_dict is not None:
            kwargs["state_dict"] = state_dict
        with whole_files(source):
            loaded: Any = super().from_pretrained(
                source if state_dict is None else None, *args, output_loading_info=True, **kwargs
            )
        model, info = loaded
        mismatched = [f"{key} {tuple(got)} for {tuple(expected)}" for key, got, expected in info["mismatched_keys"]]
        problems = {
            "missing": info["missing_keys"],
            "of another shape": mismatched,
            "unknown": info["unexpected_keys"],
        }
        for problem, keys in problems.items():
            if keys:
                raise ValueError(
                    f"{source}: expected exactly the weights of its RefSamConfig, "
                    f"got these {problem}: {', '.join(sorted(keys))}"
                )
        if not model._hf_peft_config_loaded:  # of an adapter's folder, all but the adapter is frozen
            model.freeze_backbones()  # loading makes every weight trainable
        _align(model)
        if state_dict is not None:
            model.name_or_path = model.config.name_or_path = str(source)
        return (model, info) if wants_info else model


def _align(model: nn.Module, size: int = 64) -> None:
    """Moves weights that lie askew in memory, as they do in a file that is mapped there.

    How a matrix lies decides in which order it is summed up: the same weights should give the same masks to the last
    bit, wherever they come from.
    """
    for weight in (*model.parameters(), *model.buffers()):
        if weight.device.type == "cpu" and weight.data_ptr() % size:
            weight.data = weight.data.clone()
