import base64
import io
import re

import numpy as np
from PIL import Image

from refsam_hf.evaluation.report.page import Page


def test_the_page_holds_its_pictures_and_escapes_what_is_said(tmp_path):
    picture = tmp_path / "a.png"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(picture)
    page = Page("<shapes> & 'others'")
    page.heading("<h>")
    page.paragraph("<p>")
    page.listing(["<li>", "two"])
    page.facts({"<name>": "<value>"})
    page.table({"<row>": {"j": 0.5}}, {"j": "J&F"}, "kind")
    page.picture(picture, "a 'caption' <x>")
    page.picture(picture, "photo", photo=True)
    picture.unlink()
    page.write(tmp_path / "page.html")

    text = (tmp_path / "page.html").read_text()
    for said in ("<shapes>", "<h>", "<p><p>", "<li><li>", "<name>", "<value>", "<row>", "<x>", "'caption'"):
        assert said not in text
    assert "<title>&lt;shapes&gt; &amp; &#x27;others&#x27;</title>" in text
    assert "<td>&lt;row&gt;</td><td>0.500</td>" in text
    sources = re.findall(r"src='data:image/(\w+);base64,([^']+)'", text)
    assert [kind for kind, _ in sources] == ["png", "jpeg"]
    for kind, data in sources:
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            assert (image.format.lower(), image.size) == (kind, (60, 40))
            if kind == "png":
                np.testing.assert_array_equal(np.array(image), pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
