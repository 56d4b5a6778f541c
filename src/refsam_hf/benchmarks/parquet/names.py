"""How the files of a prepared benchmark and their columns are called."""

import re

VIDEOS, EXPRESSIONS = "videos", "expressions"
"""The two tables, a folder each."""

LOCAL_COLUMNS = ("frames_dir", "masks", "mask_frames", "mask_spans")
"""Columns of a row that say where something is on this machine."""


def hub_split(split: str) -> str:
    """The name of a split as the Hub allows it: "test-unseen" becomes "test_unseen", ":50%" is "50", ":" is "whole"
    (`datasets` keeps "all" for itself)."""
    name = re.sub(r"\W+", "_", split, flags=re.ASCII).strip("_")
    return "whole" if name in ("", "all") else name
