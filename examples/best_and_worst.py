"""The expressions that a RefSAM segments best, and worst, as two pictures to look at.

    python examples/best_and_worst.py --clips 100 --output outputs/cases

Written to the folder: `best.png` and `worst.png`, one strip of frames per expression.
"""

import argparse

from refsam_hf.commands import measuring
from refsam_hf.evaluation.cases import Case, draw_case, pick_cases, write_case_sheet
from refsam_hf.evaluation.results import segment_clip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw the expressions with the highest and the lowest J.")
    measuring.add_arguments(parser)
    parser.add_argument("--count", type=int, default=10, metavar="N", help="on each picture (default 10)")
    parser.add_argument("--per-kind", type=int, default=3, metavar="N", help="at most of one kind (default 3)")
    parser.add_argument("--output", default="outputs/cases", metavar="FOLDER")
    options = parser.parse_args(arguments)
    for name in ("count", "per_kind"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')}: expected at least 1, got {getattr(options, name)}")

    folder, clips, model, processor = measuring.start(parser, options)
    best: list[Case] = []
    worst: list[Case] = []
    for address, clip, expressions in clips:
        for result in segment_clip(model, processor, clip, expressions):
            if result.scores.scored.any():
                case = draw_case(address.video_id, result)
                best = pick_cases([*best, case], options.count, options.per_kind, best=True)
                worst = pick_cases([*worst, case], options.count, options.per_kind, best=False)

    for name, cases in (("best", best), ("worst", worst)):
        write_case_sheet(folder / f"{name}.png", cases)
        for case in cases:
            print(f"{name}: J {case.j:.3f}  {case.kind}  {case.text!r}  {case.name}")
    print(f"wrote {folder}")


if __name__ == "__main__":
    main()
