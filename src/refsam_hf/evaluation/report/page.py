"""One HTML page that needs no other file: its pictures are inside."""

import base64
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from ...files.written_aside import written_aside
from ..text_table import cells

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
table { border-collapse: collapse; } th, td { padding: .25rem .8rem; text-align: right; }
th { border-bottom: 2px solid #8886; } td { border-bottom: 1px solid #8883; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; display: block; margin: 1rem 0; }
dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; } figcaption { opacity: .7; }
"""
JPEG_QUALITY = 88


@dataclass
class Page:
    """A page in the making; what is written on it is escaped.

    Args:
        title: of the page.
    """

    title: str
    _parts: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def paragraph(self, text: str) -> None:
        self._parts.append(f"<p>{escape(text)}</p>")

    def listing(self, lines: Sequence[str]) -> None:
        self._parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>")

    def facts(self, facts: Mapping[str, str]) -> None:
        pairs = (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
        self._parts.append(f"<dl>{''.join(pairs)}</dl>")

    def table(self, rows: Mapping[str, Mapping[str, float]], columns: Mapping[str, str], corner: str) -> None:
        """Numbers, as `text_table` takes them."""
        head, *lines = cells(rows, columns, corner)
        self._parts.append("<table><thead><tr>")
        self._parts += [f"<th scope='col'>{escape(cell)}</th>" for cell in head]
        self._parts.append("</tr></thead><tbody>")
        for line in lines:
            self._parts.append(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>")
        self._parts.append("</tbody></table>")

    def picture(self, path: Path, caption: str, *, photo: bool = False) -> None:
        """A PNG file; as a JPEG, which is a tenth of the size, where it shows frames."""
        data, kind = path.read_bytes(), "png"
        if photo:
            data, kind = _jpeg(path), "jpeg"
        source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
        self._parts.append(
            f"<figure><img src='{source}' alt='{escape(caption)}'><figcaption>{escape(caption)}</figcaption></figure>"
        )

    def write(self, path: str | os.PathLike[str]) -> None:
        """Puts the page down."""
        title = escape(self.title)
        head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{title}</title>"
        body = "\n".join([f"<h1>{title}</h1>", *self._parts])
        head = f"<head>{head}<style>{STYLE}</style></head>"
        with written_aside(path) as aside:
            text = f"<!doctype html>\n<html lang='en'>{head}\n<body>\n{body}\n</body></html>\n"
            aside.write_text(text, encoding="utf-8")


def _jpeg(path: Path) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").save(data, format="JPEG", quality=JPEG_QUALITY)
    return data.getvalue()
