"""Writes the report of a run into its folder.

results.json             everything that was measured, but for the single videos
table.txt, table.md      the table of the protocol
plots/                   videos.png, kinds.png, frames.png
worst/                   a contact sheet of each of the ten worst clips, the worst first
grids/                   frames by models, where others are compared with
report.html              all of it on one page
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...files.json import json_text
from ...files.written_aside import written_aside
from ..cases import write_case_sheet
from ..predictions import PredictionSource
from ..protocols import Item, Protocol, Row
from ..run_results import RunResults
from ..text_table import markdown_table, text_table
from .grids import write_grid
from .page import Page
from .plots import plot_frames, plot_kinds, plot_videos, scores_by_video
from .views import measure_of, open_view, row_of

WORST, STRIPS = 10, 3
GRIDS = 6
OURS = "this run"
FACTS = ("benchmark", "split", "options", "protocol", "rule", "model", "predictions", "weights_sha256", "commit")

Videos = Mapping[str, Sequence[Row]]


def write_report(
    folder: Path,
    videos: Videos,
    protocol: Protocol,
    results: RunResults,
    report: Mapping[str, Any],
    source: PredictionSource[Any],
    others: Mapping[str, tuple[PredictionSource[Any], RunResults]],
) -> list[Path]:
    """Writes the files named above, and returns those to be looked at first.

    Args:
        folder: of the run.
        report: what results.json holds.
        source: the predictions of this run.
        others: by the name of a model its predictions and what was measured of them.
    """
    _write(folder / "results.json", json_text(report))
    page = Page(f"{report['benchmark']}, {report['split']}: {report.get('model') or report.get('predictions')}")
    if results.table:
        _write(folder / "table.txt", text_table(results.table, protocol.columns) + "\n")
        _write(folder / "table.md", markdown_table(results.table, protocol.columns) + "\n")
        page.table(results.table, protocol.columns, "kind")
    page.facts({name: str(report[name]) for name in FACTS if report.get(name) is not None})
    page.facts({name: str(version) for name, version in report["versions"].items()})
    _say_what_is_amiss(page, results, report)
    if results.items:
        if others:
            _compare(page, folder, videos, protocol, results, source, others)
        _plots(page, folder / "plots", results.items)
        _worst(page, folder / "worst", videos, results.items, source)
    page.write(folder / "report.html")
    return [folder / "results.json", folder / "report.html"]


def _write(path: Path, text: str) -> None:
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def _say_what_is_amiss(page: Page, results: RunResults, report: Mapping[str, Any]) -> None:
    parts = {
        "Videos that were left out, as they cannot be used": [
            f"{video}: {error}" for video, error in report.get("left_out", {}).items()
        ],
        "Videos that failed": [f"{video}: {error}" for video, error in results.failed.items()],
        "Missing or too much": [f"{video}: {note}" for video, notes in results.notes.items() for note in notes],
        "Handed in, but not of the benchmark": list(report.get("extra_videos", ())),
    }
    for line in results.unscored:
        page.paragraph(f"{line}.")
    for heading, lines in parts.items():
        if lines:
            page.heading(heading)
            page.listing(lines)


def _plots(page: Page, folder: Path, items: Sequence[Item]) -> None:
    page.heading("Where the score is won and lost")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        page.paragraph("The plots need matplotlib: pip install 'refsam_hf[plots]'.")
        return
    folder.mkdir(exist_ok=True)
    plots: dict[str, Callable[[Path, Sequence[Item]], None]] = {
        "videos": plot_videos,
        "kinds": plot_kinds,
        "frames": plot_frames,
    }
    captions = {
        "videos": "Each video",
        "kinds": "Each kind of expression",
        "frames": "From the first frame to the last",
    }
    for name, plot in plots.items():
        plot(folder / f"{name}.png", items)
        page.picture(folder / f"{name}.png", captions[name])


def _worst(page: Page, folder: Path, videos: Videos, items: Sequence[Item], source: PredictionSource[Any]) -> None:
    page.heading("The worst clips")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for place, (video, score) in enumerate(list(scores_by_video(items).items())[:WORST], start=1):
        own = sorted((item for item in items if item["video_id"] == video), key=lambda item: item["score"])
        spoken = [(item, row) for item in own if (row := row_of(item, videos[video])) is not None]
        if not spoken:
            continue
        caption = f"{place}. {video}: {measure_of(own[0])} {score:.3f}"
        with _said_if_it_fails(page, caption):
            found, _ = source.predict(videos[video])
            cases = [open_view(row, item).case(found.get(row["expression_id"])) for item, row in spoken[:STRIPS]]
            path = folder / f"{place:02d}.png"
            write_case_sheet(path, cases)
            page.picture(path, caption, photo=True)


def _compare(
    page: Page,
    folder: Path,
    videos: Videos,
    protocol: Protocol,
    results: RunResults,
    source: PredictionSource[Any],
    others: Mapping[str, tuple[PredictionSource[Any], RunResults]],
) -> None:
    """The last line of each model's table, what it lacks, and the expressions about which the models differ most."""
    runs = {OURS: (source, results), **others}
    page.heading("Side by side")
    totals = {name: list(run.table.values())[-1] for name, (_, run) in runs.items() if run.table}
    page.table(totals, protocol.columns, "model")
    lacking = [
        f"not in the line of {name}, as it failed: {video}: {error}"
        for name, (_, run) in runs.items()
        for video, error in run.failed.items()
    ]
    if lacking:
        page.listing(lacking)
    lines = [text_table(totals, protocol.columns, corner="model"), *lacking]
    _write(folder / "compared.txt", "\n".join(lines) + "\n")
    scores = {name: {_key(item): item["score"] for item in run.items} for name, (_, run) in runs.items()}

    def spread(item: Item) -> float:
        values = [of_model.get(_key(item), 0.0) for of_model in scores.values()]
        return max(values) - min(values)

    grids = folder / "grids"
    grids.mkdir(exist_ok=True)
    for old in grids.glob("*.png"):
        old.unlink()
    taken: set[str] = set()
    drawn = 0
    for item in sorted(results.items, key=spread, reverse=True):
        row = row_of(item, videos[item["video_id"]])
        if row is None or item["video_id"] in taken or drawn == GRIDS:
            continue
        taken.add(item["video_id"])
        caption = f"{row['video_id']}: {row['expression']}"
        with _said_if_it_fails(page, caption):
            found = {
                name: predictions.predict(videos[item["video_id"]])[0].get(row["expression_id"])
                for name, (predictions, _) in runs.items()
            }
            path = grids / f"{drawn + 1:02d}.png"
            own = {name: of_model[_key(item)] for name, of_model in scores.items() if _key(item) in of_model}
            write_grid(path, open_view(row, item), found, own)
            page.picture(path, caption, photo=True)
            drawn += 1


@contextmanager
def _said_if_it_fails(page: Page, caption: str) -> Iterator[None]:
    """A picture whose frames or masks cannot be read is not worth the report: the page says what is wrong."""
    try:
        yield
    except (ValueError, OSError) as error:
        page.paragraph(f"{caption}: cannot be drawn: {error}")


def _key(item: Item) -> tuple[str, str]:
    return item["video_id"], item["id"]
