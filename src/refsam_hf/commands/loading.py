"""The checkpoint and the device that a command's options name."""

import argparse
from typing import TYPE_CHECKING

from ..files.naming import naming

if TYPE_CHECKING:
    from ..modeling_refsam import RefSamModel
    from ..processing_refsam import RefSamProcessor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", help="checkpoint folder or Hub name (default: the bundled one)")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, mps, ... (default: a GPU if there is one)")


def add_option_argument(parser: argparse.ArgumentParser) -> None:
    """The options of a benchmark's loader, which `benchmarks.options.read_options` reads."""
    parser.add_argument(
        "--option",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="of the benchmark, such as split_by=google, strict=true, allow_links=true (docs/benchmarks.md)",
    )


def load(
    name: str | None = None, device: str | None = None, *, asked: str | None = None
) -> "tuple[RefSamModel, RefSamProcessor]":
    """The model on its device, ready for inference, and its processor.

    Args:
        name: a folder or a Hub name; the bundled checkpoint without one.
        device: this machine's accelerator or CPU without one.
        asked: how the command asked for it, for errors [--model NAME].

    Raises:
        ValueError, OSError: no such device, or no checkpoint that can be loaded; the option is named.
    """
    from transformers.utils import logging

    from .. import TINY_CHECKPOINT, RefSamModel, RefSamProcessor

    device = choose_device(device)
    name = name or TINY_CHECKPOINT
    logging.disable_progress_bar()  # of reading the weights, which is over before anybody has read it
    with naming(f"{asked or f'--model {name!r}'}: expected a RefSAM checkpoint (a folder or a Hub name)"):
        model, processor = RefSamModel.from_pretrained(name), RefSamProcessor.from_pretrained(name)
    return model.to(device).eval(), processor


def choose_device(name: str | None) -> str:
    """`name`, or without one this machine's accelerator or CPU; a ValueError for what this machine has not got."""
    import torch

    if name is None:
        accelerator = torch.accelerator.current_accelerator()
        return "cpu" if accelerator is None else str(accelerator)
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:  # torch's words for a wrong name, and for a missing CUDA
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"--device: expected a device of this machine, such as cpu, got {name!r}: {reason}"
        ) from error
    return name
