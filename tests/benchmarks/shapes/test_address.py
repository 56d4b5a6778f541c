import re
from typing import Any

import pytest

from refsam_hf.benchmarks.shapes.address import ClipAddress, parse_uri
from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.kinds import MIX
from refsam_hf.benchmarks.shapes.vocabulary import SPLITS

URI = "shapes://test/motion?seed=0&index=3&frames=12&height=180&width=240"


def test_an_address_is_written_as_a_uri_and_read_back() -> None:
    address = ClipAddress("test", 3, "motion")
    assert address.uri() == URI
    assert parse_uri(URI) == address


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("kind", MIX)
def test_every_split_and_kind_has_its_own_uri_and_name(split: str, kind: str) -> None:
    address = ClipAddress(split, 7, kind, 5)
    assert parse_uri(address.uri()) == address
    assert address.video_id == f"{split}-{kind}-5-000007"


def test_what_the_config_changes_is_in_the_uri() -> None:
    config = SceneConfig(num_objects=(2, 3), radius=(0.1, 0.2), colours=("red", "blue"))
    address = ClipAddress("val", 1, "relation", 2, 5, (60, 80), config)
    assert address.uri().endswith("&num_objects=2,3&radius=0.1,0.2&colours=red,blue")
    assert parse_uri(address.uri()) == address


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "/data/clip",
            "expected a URI like shapes://test/appearance?seed=0&index=0&frames=12&height=180&width=240, got",
        ),
        ("shapes://test", "names no clip"),
        (URI + "&flavour=sweet", "unknown names flavour"),
        (URI + "&radius=a,b", "could not convert string to float"),
        (URI + "&radius=0.2,0.1", "radius: expected two numbers"),
        (URI.replace("index=3", "index=x"), "names no clip"),
        (URI.replace("test/", "exam/"), "split: expected one of train, val, test, test-unseen, got 'exam'"),
        (
            URI.replace("motion", "smell"),
            "kind: expected one of appearance, relation, motion, reappearance, absent, got",
        ),
        (URI.replace("/motion", ""), "kind: expected one of"),
    ],
)
def test_other_uris_are_refused(uri: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_uri(uri)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "exam"}, "split: expected one of train, val, test, test-unseen, got 'exam'"),
        ({"kind": "smell"}, "kind: expected one of appearance, relation, motion, reappearance, absent, got 'smell'"),
        ({"index": -1}, "index: expected an integer of at least 0, got -1"),
        ({"index": 1.5}, "index: expected an integer of at least 0, got 1.5"),
        ({"index": True}, "index"),
        ({"seed": -1}, "seed"),
        ({"num_frames": 0}, "num_frames: expected an integer of at least 1, got 0"),
        ({"size": 64}, "size: expected (height, width), got 64"),
        ({"size": (60, 80.0)}, "width: expected an integer"),
        ({"size": (0, 80)}, "height: expected an integer of at least 1, got 0"),
        ({"size": (20, 40)}, "height of at least 38 pixels"),
        ({"config": None}, "config: expected a SceneConfig, got None"),
        (
            {"kind": "relation", "config": SceneConfig(num_objects=(2, 2))},
            "num_objects: expected up to 3 objects at least for the kind 'relation', got (2, 2)",
        ),
        ({"kind": "reappearance", "config": SceneConfig(num_objects=(2, 2))}, "3 objects at least for the kind"),
        ({"config": SceneConfig(num_objects=(2, 12), radius=(0.2, 0.25))}, "num_objects: expected at most 6 objects"),
        ({"config": SceneConfig(colours=("green",), shapes=("star",))}, "colours and shapes: expected at least one"),
        ({"split": "test-unseen", "config": SceneConfig(shapes=("ring",), colours=("blue",))}, "colours and shapes"),
    ],
)
def test_bad_addresses_are_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"split": "test", "index": 0} | changes
    with pytest.raises(ValueError, match=re.escape(message)):
        ClipAddress(**arguments)
