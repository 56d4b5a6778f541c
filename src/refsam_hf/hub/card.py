"""Model cards: what a checkpoint was trained on and how, and what was measured."""

import os
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from huggingface_hub import EvalResult, ModelCardData
from peft.utils import CONFIG_NAME as ADAPTER_CONFIG

from ..adapters.files import ADAPTER_FOLDER
from ..evaluation.text_table import markdown_table
from ..files.json import read_json
from .card_stages import stage_rows
from .training_facts import Measured, TrainingFacts

TAGS = ["referring-video-object-segmentation", "sam", "video"]
METRICS = ("j_and_f", "j", "f", "overall_iou", "mean_iou", "map")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def training_card(facts: TrainingFacts, repo_id: str | None = None, license: str | None = None) -> str:
    """The model card of a trained checkpoint; paths of the machine that trained it are not in it.

    Args:
        repo_id: where it will be on the Hub; its folder's name if not given.
        license: its identifier on the Hub.

    Raises:
        OSError: the checkpoint has no weights.
    """
    config = facts.config
    title = (repo_id or facts.checkpoint.resolve().parent.name).rpartition("/")[2]
    template = files(__package__).joinpath("card_template.md").read_text(encoding="utf-8")
    return Template(template).substitute(
        metadata=_metadata(facts, repo_id or title, license),
        title=title,
        form=_form(facts),
        source=repo_id or title,
        start=_start(config),
        stages=stage_rows(config["stages"]),
        learned="\n".join(f"| {part} | {rate:g} |" for part, rate in _learned(facts).items()),
        settings=_settings(facts),
        measured="\n\n".join(
            f"{measured.how}\n\n{markdown_table(measured.scores, measured.columns)}" for measured in facts.measured
        ),
    )


def _metadata(facts: TrainingFacts, name: str, license: str | None) -> str:
    saved = facts.checkpoint_config
    bases = [saved.get(f"{kind}_checkpoint") for kind in ("refsam", "vision", "text")]
    if not any(bases):
        bases = [facts.config.get("model")]
    on_the_hub = [base for base in bases if base and _is_repository(base)]
    relation = ("adapter" if saved.get("adapter") else "finetune") if on_the_hub else None
    data = ModelCardData(
        language="en",
        license=license,
        library_name="refsam_hf",
        pipeline_tag="mask-generation",  # the Hub has none for videos
        tags=TAGS,
        base_model=on_the_hub or None,
        base_model_relation=relation,
        model_name=name,
        eval_results=[result for measured in facts.measured for result in _results(measured)],
    )
    return data.to_yaml().rstrip()


def _results(measured: Measured) -> Iterable[EvalResult]:
    """The numbers of the whole; those of single kinds are in the table of the card."""
    for name in METRICS:
        if name in measured.scores.get("all", {}):
            yield EvalResult(
                task_type="mask-generation",
                task_name="Referring video object segmentation",
                dataset_type=measured.benchmark,
                dataset_name=measured.benchmark,
                dataset_split=measured.split,
                metric_type=name,
                metric_name=measured.columns[name],
                metric_value=measured.scores["all"][name],
            )


def _form(facts: TrainingFacts) -> str:
    saved = facts.checkpoint_config
    whole = not saved.get("adapter")
    weights = sorted((facts.checkpoint if whole else facts.checkpoint / ADAPTER_FOLDER).glob("*.safetensors"))
    if not weights:
        raise FileNotFoundError(f"{facts.checkpoint}: expected weights (*.safetensors), got none")
    size = f"{sum(map(_count, weights)):,} weights, {sum(path.stat().st_size for path in weights) / 1e6:.1f} MB"
    if whole:
        return f"The checkpoint is self-contained: {size}."
    bases = [saved[f"{kind}_checkpoint"] for kind in ("refsam", "vision", "text") if saved.get(f"{kind}_checkpoint")]
    named = " and ".join(f"`{_shown(base)}`" for base in bases)
    return f"The checkpoint is adapter-only: {size}, over {named}, which is loaded with it."


def _count(path: Path) -> int:
    """How many numbers a file of weights holds."""
    from safetensors import safe_open

    total = 0
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118
            count = 1
            for side in file.get_slice(name).get_shape():
                count *= side
            total += count
    return total


def _start(config: Mapping[str, Any]) -> str:
    if backbones := config.get("backbones"):
        return f"the SAM `{_shown(backbones['vision'])}` and the text encoder `{_shown(backbones['text'])}`"
    return "random weights" if config.get("model") is None else f"`{_shown(config['model'])}`"


def _shown(checkpoint: str) -> str:
    """A name on the Hub, or that of a folder without the way to it."""
    return checkpoint if _is_repository(checkpoint) else Path(checkpoint).name


def _is_repository(name: str) -> bool:
    return _REPOSITORY.fullmatch(name) is not None and not os.path.exists(name)


def _learned(facts: TrainingFacts) -> dict[str, float]:
    config = facts.config
    rates: Mapping[str, float] = config["learning_rates"]
    adaptation = config.get("adaptation") or {"method": "full"}
    if adaptation["method"] == "full":
        return {part: rates[part] for part in config["train"]}
    kind = {"adapters": "a further RefSAM adapter", "lora": f"LoRA of rank {adaptation['rank']}"}[adaptation["method"]]
    adapter = read_json(facts.checkpoint / ADAPTER_FOLDER / ADAPTER_CONFIG, dict)
    copies = {f"a copy of {part}": rates[part] for part in adapter["modules_to_save"] or ()}
    return {kind: rates["adapters"], **copies}


def _settings(facts: TrainingFacts) -> str:
    config = facts.config
    lines = [
        f"AdamW, weight decay {config['weight_decay']:g}, betas 0.9 and {config['adam_beta2']:g}",
        f"{config['warmup_steps']} steps of linear warm-up, then a half cosine down to "
        f"{config['final_learning_rate']:g} of the learning rates",
        f"gradients accumulated over {config['gradient_accumulation_steps']} batches, clipped to "
        f"{config['max_grad_norm']:g}",
        f"mixed precision: {config['mixed_precision']}; seed {config['seed']}",
        f"the checkpoint is that of step {facts.step}, its weights averaged with decay {config['ema_decay']:g}",
    ]
    return "\n".join(f"- {line}" for line in lines)
