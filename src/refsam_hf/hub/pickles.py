"""The `.pth` files of other projects: pickles, of which nothing but tensors is ever read."""

import warnings
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor


def read_state_dict(path: str | PathLike[str]) -> dict[str, Tensor]:
    """The tensors of a file that `torch.save(module.state_dict(), path)` wrote, on the CPU.

    Only torch's restricted unpickler (`weights_only=True`) is used: a file that asks for anything but tensors and
    plain containers is refused, and none of its code runs.

    Raises:
        ValueError: the file is damaged, no file of torch's, or holds something else than names and tensors of floats.
        OSError: it is not there or cannot be read.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: expected a file of weights (.pth), got {_what_is_there(Path(path))}")
    try:
        with warnings.catch_warnings():  # of what is refused in the end
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # an unpickler that reads nonsense may fail in any way there is
        raise ValueError(
            f"{path}: expected a whole file of torch.save with tensors alone, got one that is damaged or holds more: "
            f"{_first_sentence(error)}"
        ) from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a state dict, names and their tensors, got {type(content).__name__}")
    for name, value in content.items():
        if not isinstance(name, str):
            raise ValueError(f"{path}: expected names of weights, got {name!r}")
        if not isinstance(value, Tensor):
            raise ValueError(f"{path}: {name}: expected a tensor, got {type(value).__name__}")
        if value.layout != torch.strided or not value.is_floating_point() or value.is_meta:
            raise ValueError(f"{path}: {name}: expected a dense tensor of floats, got {_kind(value)}")
    return dict(content)  # an OrderedDict of torch's carries more than its items


def _what_is_there(path: Path) -> str:
    return "a folder" if path.is_dir() else "nothing there"


def _first_sentence(error: Exception) -> str:
    """torch's messages go on with advice on how to switch the safety off."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0].partition('. ')[0]}"


def _kind(value: Tensor) -> str:
    return f"one of {value.dtype}, {value.layout}, on {value.device}"
