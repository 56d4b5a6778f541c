"""The README.md of a prepared benchmark: what `load_dataset` and the Hub need to know."""

from collections.abc import Mapping

CARD = """\
---
configs:
- config_name: videos
  default: true
  data_files:
{videos}
- config_name: expressions
  data_files:
{expressions}
tags:
- referring-video-object-segmentation
- video
---

# {benchmark}

Prepared by refsam_hf {version}. The terms of the benchmark hold for what is in here.

| split | videos | expressions |
|---|---|---|
{table}

`videos` has a row per video: its frames and, where the benchmark has them, its label maps, as images, and their names.
`expressions` has a row per expression: what is
said of which objects of which video, and for each of its frames the mask as COCO RLE. `masks` is empty where the masks
are not public, `void` where every pixel counts.

```python
from datasets import load_dataset

videos = load_dataset(PLACE, "videos", split="{split}")
expressions = load_dataset(PLACE, "expressions", split="{split}")
```
"""


def card(benchmark: str, counts: Mapping[str, tuple[int, int]]) -> str:
    """The text.

    Args:
        counts: for each split, by its name on the Hub, how many videos and expressions it has.
    """
    from ... import __version__

    def files(table: str) -> str:
        return "\n".join(f"  - split: {split}\n    path: {table}/{split}-*.parquet" for split in counts)

    return CARD.format(
        benchmark=benchmark,
        version=__version__,
        videos=files("videos"),
        expressions=files("expressions"),
        table="\n".join(f"| {split} | {videos} | {said} |" for split, (videos, said) in counts.items()),
        split=next(iter(counts)),
    )
