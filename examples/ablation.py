"""The studies of the RefSAM paper, repeated on shapes: the same budget for every run, several seeds, mean and spread.

    python examples/ablation.py --output outputs/ablation [--studies components layers ...] [--seeds 3]

Tower and text encoder of a checkpoint, the bundled one if no other is named, stand frozen for SAM and T5. What is
built on them, from which weights and with which learning rates, is data: `studies/plan.py`. By default the Cross-Modal
MLP starts as the checkpoint's, which speaks the language of its tower, and all else from nothing.
Each run's result is written to the folder as soon as it is there, under `runs/`; a second call goes on with what is
missing. At the end: `tables.txt`, `tables.md`, and a picture of each study beside the paper's numbers, if it has any.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from studies.plan import RUNS, STUDIES, TOWERS
from studies.report import columns_of, plot_study, rows_of
from studies.running import Bench, Budget
from tqdm.auto import tqdm
from transformers.utils import logging

from refsam_hf import TINY_CHECKPOINT
from refsam_hf.commands import loading
from refsam_hf.evaluation.provenance import versions, weights_sha256
from refsam_hf.evaluation.text_table import markdown_table, text_table
from refsam_hf.files.json import json_text, read_json
from refsam_hf.files.written_aside import written_aside


def schedule(studies: Sequence[str], seeds: int) -> list[tuple[str, int]]:
    """Runs and their seeds, one seed of all studies after the other: those that others start with before these, none
    twice."""
    order: dict[tuple[str, int], None] = {}
    for seed in range(seeds):
        for study in studies:
            for name in STUDIES[study].rows.values():
                before = RUNS[name].start
                if before is not None:
                    order[before, seed] = None
                order[name, seed] = None
    return list(order)


def described(name: str, seed: int, budget: Budget) -> dict[str, Any]:
    """What makes a run what it is, as JSON has it."""
    given = asdict(budget)
    if RUNS[name].tower not in TOWERS:
        del given["tower_steps"]
    settings = {"run": name, "seed": seed, "settings": asdict(RUNS[name]), "budget": given}
    described: dict[str, Any] = json.loads(json_text(settings))
    return described


def read_finished(path: Path, expected: dict[str, Any]) -> dict[str, float | None] | None:
    """The numbers of a run that was finished before; None if it was not.

    Raises:
        ValueError: it had another budget or other settings, or the file is none of a run.
    """
    if not path.exists():
        return None
    found = read_json(path, dict)
    for name, value in expected.items():
        if found.get(name) != value:
            raise ValueError(f"{path}: expected a run with {name} {value}, got {found.get(name)}")
    numbers: dict[str, float | None] = found["numbers"]
    return numbers


def write_report(folder: Path, studies: Sequence[str], results: dict[str, list[dict[str, float | None]]]) -> None:
    texts, pages = [], []
    for name in studies:
        study = STUDIES[name]
        table = rows_of(study, results), columns_of(study), study.corner
        said = f"\n{study.said}" if study.said else ""
        texts.append(f"{study.title}\n{text_table(*table)}{said}\n")
        pages.append(f"## {study.title}\n\n{markdown_table(*table)}\n")
    print("\n".join(texts), end="")
    for file, parts in (("tables.txt", texts), ("tables.md", pages)):
        with written_aside(folder / file) as aside:
            aside.write_text("\n".join(parts), encoding="utf-8")
    try:
        for name in studies:
            plot_study(folder / f"{name}.png", STUDIES[name], results)
    except ImportError:
        print("no pictures: they need matplotlib, pip install 'refsam_hf[plots]'")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Repeat the studies of the paper on shapes.")
    parser.add_argument("--studies", nargs="+", choices=STUDIES, default=list(STUDIES), help="default: all of them")
    parser.add_argument("--model", default=str(TINY_CHECKPOINT), metavar="M", help="checkpoint (default: the bundled)")
    numbers = {
        "seeds": (2, "of every run"),
        "steps": (80, "of every run"),
        "batch-size": (8, "frames of a step"),
        "clips": (320, "frames that are trained on"),
        "test-clips": (60, "clips that are tested on"),
        "tower-steps": (100, "of the pretraining of a tower"),
        "threads": (1, "of PyTorch"),
    }
    for name, (default, text) in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{text} (default {default})")
    parser.add_argument("--output", default="outputs/ablation", metavar="FOLDER")
    options = parser.parse_args(arguments)
    for name in numbers:
        value = getattr(options, name.replace("-", "_"))
        if value < 1:
            parser.error(f"--{name}: expected at least 1, got {value}")
    torch.set_num_threads(options.threads)
    logging.disable_progress_bar()  # transformers' own, for every checkpoint

    folder = Path(options.output)
    runs = folder / "runs"
    todo = schedule(options.studies, options.seeds)
    try:
        weights = weights_sha256(loading.load(options.model, "cpu")[0])
        fields = ("steps", "batch_size", "clips", "test_clips", "tower_steps")
        budget = Budget(weights, **{name: getattr(options, name) for name in fields})
        finished = {run: read_finished(_result(runs, run), described(*run, budget)) for run in todo}
    except (ValueError, OSError) as error:
        parser.error(str(error))
    runs.mkdir(parents=True, exist_ok=True)
    bench = None
    results: dict[str, list[dict[str, float | None]]] = {}
    bar = tqdm(todo, desc="runs", unit="run", disable=None)
    for name, seed in bar:
        numbers_of_run = finished[name, seed]
        if numbers_of_run is None:
            bench = bench or Bench(options.model, budget, runs)
            numbers_of_run = dict(bench.run(name, seed))
            with written_aside(_result(runs, (name, seed))) as aside:
                result = {**described(name, seed, budget), "numbers": numbers_of_run, "versions": versions()}
                aside.write_text(json_text(result), encoding="utf-8")
            tqdm.write(f"{name}, seed {seed}: J&F {numbers_of_run['j_and_f']:.3f}")
        results.setdefault(name, []).append(numbers_of_run)
    write_report(folder, options.studies, results)
    print(f"wrote {folder}")


def _result(runs: Path, run: tuple[str, int]) -> Path:
    return runs / f"{run[0]}-{run[1]}.json"


if __name__ == "__main__":
    main()
