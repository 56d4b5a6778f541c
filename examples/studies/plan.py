"""The studies of the RefSAM paper (arXiv 2307.00997), as data: the runs, and of which tables they are rows.

What stands under `paper` and `said` is the paper's, on Refer-YouTube-VOS, of models and trainings many times larger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from refsam_hf.training.optimizer import PARTS as ALL_PARTS

PARTS = ("cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking")
"""RefSAM's own parts: those that a run has are trained."""

RATE = 1e-3
"""The learning rate where a run names none."""

STILLS, CLIPS, SHIFTED = "stills", "clips", "shifted"
"""What is trained and tested on: single frames, clips of several, single frames of a shifted world."""

WORDS = ("cross_modal_mlp",)
DECODER = ("mask_decoder",)

BASELINE = "mlp+hda"


@dataclass(frozen=True)
class Run:
    """How RefSAM is built and trained; what is not named is as in the baseline.

    Attributes:
        model: options of `RefSamConfig`.
        rates: learning rates by part, where they are not `RATE`.
        pretrained: own parts that start as those of the tower's checkpoint; the others start from nothing.
        start: the run whose own parts it starts with instead, if any.
        frames: what it is trained and tested on.
        forgotten: the share of the expressions that are read in the first frames of a clip only.
        tower: "bundled", the checkpoint's, or one of `TOWERS`.
        adaptation: what learns of the tower: nothing, or by a method of `training.adaptation`.
    """

    model: Mapping[str, Any] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    pretrained: tuple[str, ...] = WORDS
    start: str | None = None
    frames: str = STILLS
    forgotten: float = 0.0
    tower: str = "bundled"
    adaptation: str | None = None


@dataclass(frozen=True)
class Study:
    """A table and a picture.

    Attributes:
        title: of both.
        corner: what tells its rows apart.
        rows: the label of each row, and its run.
        columns: the numbers of a result that it shows, and their headings; the first is drawn.
        paper: the paper's J&F in per cent, by the label of the row.
        said: what the paper says of it in words.
    """

    title: str
    corner: str
    rows: Mapping[str, str]
    columns: Mapping[str, str]
    paper: Mapping[str, float] = field(default_factory=dict)
    said: str = ""


TOWERS: dict[str, dict[str, Any]] = {
    "small": {"hidden_size": 64, "mlp_dim": 256, "num_hidden_layers": 4, "global_attn_indexes": [0, 1, 2, 3]},
    "large": {"hidden_size": 128, "mlp_dim": 512, "num_hidden_layers": 6, "global_attn_indexes": [1, 3, 4, 5]},
}
"""Options of a vision tower that is pretrained for the studies, otherwise as `refsam_tiny_shapes_tower.yaml` says."""


def _rates(mlp: float, dense: float, decoder: float) -> Run:
    rates = {"cross_modal_mlp": mlp, "hierarchical_dense_attention": dense, "mask_decoder": decoder}
    return Run(pretrained=(*WORDS, *DECODER), rates=rates)


def _layers(hidden_layers: int) -> Run:
    rates = {"cross_modal_mlp": 3e-3, "hierarchical_dense_attention": 1e-4, "mask_decoder": 1e-4}
    pretrained = ("hierarchical_dense_attention", "mask_decoder")
    return Run({"mlp_hidden_layers": hidden_layers}, pretrained=pretrained, rates=rates)


def _shifted(adaptation: str | None = None) -> Run:
    rates = dict.fromkeys(ALL_PARTS, 5e-4)
    return Run({"implicit_tracking": True}, rates, PARTS, frames=SHIFTED, adaptation=adaptation)


RUNS: dict[str, Run] = {
    "mlp": Run({"dense_embeddings": "sentence"}),
    "da": Run({"dense_embeddings": "da", "sparse_embeddings": False}),
    "hda": Run({"sparse_embeddings": False}),
    "mlp+da": Run({"dense_embeddings": "da"}),
    BASELINE: Run(),
    "tracking-off": Run(start=BASELINE, frames=CLIPS),
    "tracking-on": Run({"implicit_tracking": True}, start=BASELINE, frames=CLIPS),
    "tracking-on-forgotten": Run({"implicit_tracking": True}, start=BASELINE, frames=CLIPS, forgotten=0.5),
    **{f"layers-{layers}": _layers(layers) for layers in (0, 1, 2, 4, 6)},
    "rates": _rates(1e-3, 1e-3, 1e-4),
    "rates-mlp-1e-4": _rates(1e-4, 1e-3, 1e-4),
    "rates-dense-1e-4": _rates(1e-3, 1e-4, 1e-4),
    "rates-decoder-1e-6": _rates(1e-3, 1e-3, 1e-6),
    "rates-decoder-1e-3": _rates(1e-3, 1e-3, 1e-3),
    "rates-paper": _rates(1e-4, 1e-4, 1e-6),
    "peft-frozen": _shifted(),
    "peft-adapters": _shifted("adapters"),
    "peft-lora": _shifted("lora"),
    "peft-full": _shifted("full"),
    **{f"tower-{tower}": Run(tower=tower) for tower in TOWERS},
}

_BY_KIND = {
    "j_and_f": "J&F",
    "appearance_j_and_f": "appearance",
    "relation_j_and_f": "relation",
    "j": "J",
    "j_swapped": "words swapped J",
    "loss": "loss",
}

STUDIES: dict[str, Study] = {
    "components": Study(
        title="Components, without tracking",
        corner="components",
        rows={"MLP": "mlp", "DA": "da", "HDA": "hda", "MLP + DA": "mlp+da", "MLP + HDA": BASELINE},
        columns=_BY_KIND,
        paper={"MLP": 48.5, "DA": 49.7, "HDA": 51.8, "MLP + DA": 50.2, "MLP + HDA": 52.2},
    ),
    "tracking": Study(
        title="Implicit tracking",
        corner="tracking",
        rows={"off": "tracking-off", "on": "tracking-on", "on, words forgotten": "tracking-on-forgotten"},
        columns={
            "j_and_f": "J&F",
            "motion_j_and_f": "motion",
            "reappearance_j_and_f": "reappearance",
            "reappearance_hidden_empty": "hidden empty",
            "words_first_j_and_f": "J&F, words in the first frame only",
            "loss": "loss",
        },
        said="paper: RefSAM has it; no number of it alone is quoted here",
    ),
    "layers": Study(
        title="Hidden layers of the Cross-Modal MLP",
        corner="hidden layers",
        rows={str(layers): f"layers-{layers}" for layers in (0, 1, 2, 4, 6)},
        columns=_BY_KIND,
        said="paper (Figure 5): best with 1 hidden layer",
    ),
    "rates": Study(
        title="Learning rates of Cross-Modal MLP, dense attention and pretrained mask decoder",
        corner="MLP, dense attention, decoder",
        rows={
            "1e-3, 1e-3, 1e-4": "rates",
            "1e-4, 1e-3, 1e-4": "rates-mlp-1e-4",
            "1e-3, 1e-4, 1e-4": "rates-dense-1e-4",
            "1e-3, 1e-3, 1e-6": "rates-decoder-1e-6",
            "1e-3, 1e-3, 1e-3": "rates-decoder-1e-3",
            "1e-4, 1e-4, 1e-6": "rates-paper",
        },
        columns=_BY_KIND,
        said="paper (Figure 4): 1e-4 for MLP and dense attention, 1e-3 ties; "
        "1e-6 for the decoder, with 1e-4 the loss stays at 0.75",
    ),
    "peft": Study(
        title="What learns of the tower, in a shifted world",
        corner="method",
        rows={
            "tower frozen": "peft-frozen",
            "adapters": "peft-adapters",
            "LoRA": "peft-lora",
            "all weights": "peft-full",
        },
        columns={**_BY_KIND, "trained": "trained weights"},
        said="paper: adapters in the second half of the blocks; no numbers of the others are quoted here",
    ),
    "tower": Study(
        title="Size of the tower",
        corner="tower",
        rows={
            "small": "tower-small",
            "large": "tower-large",
            "large, pretrained longer": BASELINE,
        },
        columns=_BY_KIND,
        paper={"ViT-B": 58.4, "ViT-L": 62.2, "ViT-H": 67.6},
    ),
}
