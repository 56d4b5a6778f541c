"""Sees in which layout predictions are."""

import os
from pathlib import Path
from typing import Any

from ...files.json import read_json
from ...video.errors import VideoError
from .clip_json import MASKS, ClipJson
from .coco_json import CocoJson
from .label_map_folders import PREFIX, LabelMapFolders
from .png_folders import PngFolders
from .source import PredictionSource, entries

OF_A_RUN = "predictions"
"""The folder in an output of `refsam evaluate` that holds them."""

LAYOUTS = (
    "<video>.json or <video>/masks.json; anno_<annotator>/<video>/<frame>.png; "
    "<video>/<expression>/<frame>.png, in a folder Annotations or not"
)


def open_predictions(path: str | os.PathLike[str]) -> PredictionSource[Any]:
    """Predictions in a folder, or in COCO's results file.

    A folder holds a run of `refsam evaluate`; or `<video>.json` or `<video>/masks.json`; or `anno_0`, `anno_1`, ...
    with label maps; or `Annotations` with `<video>/<expression>/<frame>.png`, or these without the folder around them.

    Raises:
        OSError: there is nothing there.
        VideoError: it is in none of these layouts, in two of them, or broken; or the output of a run that scored the
            predictions of somebody, and so keeps none.
    """
    path = Path(path)
    if path.is_file():
        return CocoJson(path)
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: expected a folder of predictions, or a COCO results file, got nothing there")
    if (path / "run.json").is_file() and (path / OF_A_RUN).is_dir():
        scored = read_json(path / "run.json", dict, VideoError).get("predictions")
        if scored is not None:
            raise VideoError(f"{path}: expected predictions, got the scores of those in {scored}: name that instead")
        return ClipJson(path / OF_A_RUN)
    if (path / "Annotations").is_dir():
        return PngFolders(path / "Annotations")
    found = entries(path)
    if any(entry.name.startswith(PREFIX) and entry.is_dir() for entry in found):
        return LabelMapFolders(path)
    of_json = [entry for entry in found if entry.suffix == ".json" or (entry / MASKS).is_file()]
    folders = (folder for video in found for folder in entries(video))
    image = next((image for folder in folders for image in entries(folder) if image.suffix == ".png"), None)
    if of_json and image:  # which of them is meant, and which only lies there, cannot be seen
        one, other = (file.relative_to(path) for file in (of_json[0], image))
        raise VideoError(f"{path}: expected predictions in one layout, got JSON ({one}) and images ({other})")
    if of_json:
        return ClipJson(path)
    if image:
        return PngFolders(path)
    raise VideoError(f"{path}: expected predictions in one of these layouts, got none of them: {LAYOUTS}")
