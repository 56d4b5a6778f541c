"""A training that ends on the Hub."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..hub.base_names import BUNDLED, base_name
from ..hub.card import training_card
from ..hub.push import check_repository, push_checkpoint
from ..hub.training_facts import read_training
from .config import TrainingConfig

if TYPE_CHECKING:
    from ..modeling_refsam import RefSamModel

BACKBONES = ("vision_tower", "text_encoder")


def check_push(config: TrainingConfig, model: "RefSamModel") -> None:
    """That what the training makes can be pushed in the form that is asked for; makes the repository.

    Raises:
        ValueError: a form that it cannot have.
        OSError: the Hub cannot be reached, or refuses.
    """
    if config.push_to_hub is None:
        return
    form, method = config.checkpoint_form, config.adaptation.method
    if method == "full":
        if form == "adapter":
            _check_over_backbones(config, model)
    elif form == "self_contained":
        if method == "lora":
            raise ValueError("checkpoint_form: an adaptation by LoRA is adapter-only, got 'self_contained'")
    elif os.path.exists(base := base_name(config.model or "")) and base != BUNDLED:
        raise ValueError(
            f"push_to_hub: nobody else could load an adaptation of the folder {config.model}: push that, and give its "
            "name on the Hub as model; or ask for checkpoint_form self_contained"
        )
    check_repository(config.push_to_hub, private=config.hub_private_repo)


def push_trained(config: TrainingConfig) -> str:
    """Pushes the folder `best` of a training, with its model card; returns the commit's address.

    Raises:
        ValueError, OSError: as `push_checkpoint`.
    """
    if config.push_to_hub is None:
        raise ValueError("push_to_hub: expected the name of a repository, got none")
    facts = read_training(config.output_dir, "best")
    return push_checkpoint(
        Path(config.output_dir) / "best",
        config.push_to_hub,
        form=config.checkpoint_form,
        card=training_card(facts, config.push_to_hub),
        private=config.hub_private_repo,
    )


def _check_over_backbones(config: TrainingConfig, model: "RefSamModel") -> None:
    named = [name for name in (model.config.vision_checkpoint, model.config.text_checkpoint) if name is not None]
    if len(named) < 2:
        raise ValueError("checkpoint_form: expected 'self_contained' for a model that was not built over checkpoints")
    if local := [name for name in named if os.path.exists(name)]:
        raise ValueError(f"checkpoint_form: nobody else could load a model over the folder {local[0]}, got 'adapter'")
    if trained := [part for part in BACKBONES if part in config.train]:
        raise ValueError(f"checkpoint_form: 'adapter' leaves out {trained[0]}, which is trained: take it out of train")
