"""`refsam card`: the model card of a trained checkpoint."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "card",
        help="write the model card of a training",
        description="Writes the model card of a checkpoint that examples/train.py made: what it was trained on and "
        "how, and what was measured. It goes into the checkpoint's folder, as README.md.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="output_dir of the training")
    parser.add_argument("--checkpoint", default="best", choices=("best", "last"), help="of the two (default best)")
    parser.add_argument(
        "--results", nargs="+", default=[], metavar="JSON", help="files of `refsam evaluate --json` of this checkpoint"
    )
    parser.add_argument("--repo", metavar="NAME", help="the repository that it is for, such as me/refsam")
    parser.add_argument("--license", metavar="L", help="the license's identifier on the Hub, such as apache-2.0")
    parser.add_argument("--output", metavar="FILE", help="where to write instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..files.written_aside import written_aside
    from ..hub.card import training_card
    from ..hub.training_facts import read_training

    facts = read_training(options.folder, options.checkpoint, tuple(options.results))
    card = training_card(facts, options.repo, options.license)
    path = Path(options.output) if options.output else facts.checkpoint / "README.md"
    with written_aside(path) as aside:
        aside.write_text(card, encoding="utf-8")
    print(f"wrote {path}")
