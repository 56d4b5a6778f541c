"""Keeps what a frozen vision tower makes of clips, for trainings that need not run it again.

    python examples/keep_features.py examples/configs/refsam_tiny_shapes_features.yaml [--name value ...]

Each set of clips is written to `output_dir` under its name; a stage of `examples/train.py` takes it by `features`.
What is there already stays, so the same command goes on where it was killed. `--help` lists the options.
"""

import sys

import torch
from tqdm.auto import tqdm
from transformers.utils import logging

from refsam_hf.training.building import load_checkpoint
from refsam_hf.training.config_reading import describe_options, read_config
from refsam_hf.training.features.config import KeepingConfig
from refsam_hf.training.features.keep_sets import keep_sets


def keep(config: KeepingConfig) -> None:
    """Keeps all sets of a configuration, on a GPU if there is one."""
    if config.num_threads is not None:
        torch.set_num_threads(config.num_threads)
    model, processor = load_checkpoint(config.model, config.processor, config.attn_implementation)
    model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
    total = sum(clips.num_clips for clips in config.sets.values())
    with tqdm(total=total, desc="keeping", unit="clip") as bar:
        for count in keep_sets(config, model, processor):
            bar.update(count)


def main(arguments: list[str]) -> int:
    """Runs from the command line; gives 2 for a wrong option."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        print(describe_options(KeepingConfig))
        return 0 if arguments else 2
    logging.disable_progress_bar()  # transformers' own
    try:
        keep(read_config(KeepingConfig, arguments[0], arguments[1:]))
    except (ValueError, OSError) as error:
        tqdm.write(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
