"""What the parts of a trained RefSAM do: its scores, kind by kind, with one of them switched off.

    python examples/parts.py --clips 100 --output outputs/parts

The same checkpoint is measured as it is, with the words of each expression in another order, without the token that
implicit tracking hands from frame to frame, with that token alone from the second frame on (the words are read in the
first), and with all levels of the hierarchical dense attention weighted the same.
Written to the folder: `parts.txt`, `parts.json` and `parts.png`.
"""

import argparse
from collections import defaultdict

from refsam_hf.commands import measuring
from refsam_hf.evaluation.by_kind import ExpressionScores, summarise
from refsam_hf.evaluation.parts import changes_of, score_changes
from refsam_hf.evaluation.plots import plot_bars
from refsam_hf.evaluation.text_table import text_table
from refsam_hf.files.json import json_text
from refsam_hf.files.written_aside import written_aside

# column of the result: (kind, column of its scores)
COLUMNS = {
    "all": ("all", "j_and_f"),
    "appearance": ("appearance", "j_and_f"),
    "relation": ("relation", "j_and_f"),
    "motion": ("motion", "j_and_f"),
    "reappearance": ("reappearance", "j_and_f"),
    "hidden empty": ("reappearance", "hidden_empty"),
    "absent empty": ("absent", "empty"),
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure a checkpoint with parts of it switched off.")
    measuring.add_arguments(parser)
    parser.add_argument("--output", default="outputs/parts", metavar="FOLDER")
    options = parser.parse_args(arguments)

    folder, clips, model, processor = measuring.start(parser, options)
    changes = changes_of(model)
    scores: defaultdict[str, list[ExpressionScores]] = defaultdict(list)
    for _, clip, expressions in clips:
        for change, of_clip in score_changes(model, processor, clip, expressions, changes).items():
            scores[change] += of_clip

    tables = {change: summarise(rows) for change, rows in scores.items()}
    rows = {
        change: {
            name: table[kind][column] for name, (kind, column) in COLUMNS.items() if column in table.get(kind, {})
        }
        for change, table in tables.items()
    }
    headings = {
        name: name if name.endswith("empty") else f"{name} J&F" for name in COLUMNS if name in rows["as it is"]
    }
    text = text_table(rows, headings, corner="change")
    print(text)
    with written_aside(folder / "parts.txt") as aside:
        aside.write_text(text + "\n", encoding="utf-8")
    with written_aside(folder / "parts.json") as aside:
        report = measuring.what_was_measured(options) | {"scores": tables}
        aside.write_text(json_text(report), encoding="utf-8")
    try:
        plot_bars(folder / "parts.png", rows, headings, f"{options.split}, {options.clips} clips")
    except ImportError:
        print("no parts.png: it needs matplotlib, pip install 'refsam_hf[plots]'")
    print(f"wrote {folder}")


if __name__ == "__main__":
    main()
