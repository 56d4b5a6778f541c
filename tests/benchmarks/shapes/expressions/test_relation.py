"""What an expression says is read from its words alone and checked on drawn pixels; sizes are the objects' radii."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import ShapesClip, generate_clip
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions import Expression
from refsam_hf.benchmarks.shapes.expressions.relation import describe_relation
from refsam_hf.benchmarks.shapes.render import render_scene
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject
from refsam_hf.benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES, WORDS

MakeObject = Callable[..., ShapeObject]
MakeScene = Callable[..., Scene]
ClipsOf = Callable[[str], list[ShapesClip]]
DrawnAlone = Callable[[Scene, int], np.ndarray]

SIZE = 48, 64
FRAMES = 12
SLACK = 0.02  # a pixel: centres of masks are not quite those of the objects

TEXTURES = {"plain": "plain", "solid": "plain", "striped": "striped", "dotted": "dotted", "spotted": "dotted"}
NOUNS = {shape: shape for shape in SHAPES} | {shape + "s": shape for shape in SHAPES} | {"crosses": "cross"}
ANY = {"object", "thing", "shape", "one", "objects", "things", "shapes", "ones"}

# Towards larger values of (axis, sign).
SIDES = {
    **dict.fromkeys(("left", "leftmost"), (0, -1)),
    **dict.fromkeys(("right", "rightmost"), (0, 1)),
    **dict.fromkeys(("above", "over", "topmost", "highest", "top", "upper"), (1, -1)),
    **dict.fromkeys(("below", "under", "lowest", "bottom", "lower"), (1, 1)),
}
OF_TWO = {"left", "right", "upper", "lower"}
FORMS = {
    "anchor": r"(?P<head>.+?) (?:to the )?(?P<word>left|right|above|over|below|under)(?: of)? the (?P<anchor>.+)",
    "distance": r"(?P<head>.+?) (?P<word>closest|nearest|farthest) (?:to|from) the (?P<anchor>.+)",
    "order": r"(?P<number>second|third) (?P<head>.+) from the (?P<word>\w+)",
    "middle": r"(?:middle (?P<head>.+)|(?P<head2>.+) in the middle)",
    "two": r"(?P<head>.+) (?:on|at) the (?P<word>left|right|top|bottom)",
    "size": r"(?P<word>largest|biggest|smallest) (?:of the )?(?P<head>.+)",
    "side": r"(?P<word>\w+) (?:of the )?(?P<head>.+)",
}


@dataclass(frozen=True)
class Reading:
    form: str
    head: str
    word: str = ""
    anchor: str = ""
    number: str = ""


def read(text: str) -> Reading:
    text = text.removeprefix("the ").replace(" that is ", " ")
    for form, pattern in FORMS.items():
        found = re.fullmatch(pattern, text)
        if found:
            parts = found.groupdict()
            head = parts.pop("head") or parts["head2"]
            return Reading(form, head, **{name: parts.get(name, "") for name in ("word", "anchor", "number")})
    raise AssertionError(text)


def fitting(words: str, objects: tuple[ShapeObject, ...]) -> list[int]:
    """Indices, from 0, of the objects that all of `words` are true of."""

    def agrees(word: str, item: ShapeObject) -> bool:
        assert word in NOUNS or word in TEXTURES or word in COLOUR_NAMES or word in ANY, words
        if word in ANY:
            return True
        return item.colour == word or item.shape == NOUNS.get(word) or item.texture == TEXTURES.get(word)

    return [i for i, item in enumerate(objects) if all(agrees(word, item) for word in words.split())]


def mask_centres(scene: Scene, num_frames: int = FRAMES) -> np.ndarray:
    """(O, T, 2), x and y in heights, of each object drawn without the others."""
    result = []
    for item in scene.objects:
        _, labels = render_scene(replace(scene, objects=(item,)), num_frames, SIZE)
        points = [np.argwhere(frame)[:, ::-1] for frame in labels]
        result.append([(point.mean(axis=0) + 0.5) / SIZE[0] for point in points])
    return np.array(result)


def true_of(reading: Reading, objects: tuple[ShapeObject, ...], centres: np.ndarray) -> list[int]:
    """Indices of the objects of which the expression is true in all frames; the others must be so in none."""
    ids = fitting(reading.head, objects)
    radii = np.array([objects[i].radius for i in ids])
    places = centres[ids]  # (N, T, 2)
    if reading.form == "size":
        best = radii if reading.word != "smallest" else 1 / radii
        first, second = sorted(best)[:-3:-1]
        assert first >= 1.299 * second
        return [ids[int(best.argmax())]]
    if reading.form in ("anchor", "distance"):
        (anchor,) = fitting(reading.anchor, objects)
        assert anchor not in ids
        steps = places - centres[anchor]
        if reading.form == "distance":
            far = np.sqrt((steps * steps).sum(axis=-1))  # (N, T)
            far = far if reading.word != "farthest" else 1 / far
            first, second = np.sort(far, axis=0)[:2]
            assert (second >= 1.4 * first).all()
            return [ids[i] for i in {int(i) for i in far.argmin(axis=0)}]
        axis, sign = SIDES[reading.word]
        along, across = sign * steps[..., axis], np.abs(steps[..., 1 - axis])
        slack = 0.05 if "triangle" in {objects[i].shape for i in (*ids, anchor)} else SLACK  # heavy at the bottom
        yes = (along > 0.12 - slack) & (across < 1.5 * along + 2.5 * slack)
        beside = (across > 0.12 - slack) & (across + slack > 3 * (np.abs(along) - slack))
        no = (along < -0.04 + slack) | (beside & ~yes)
        assert (yes | no).all()
        assert (yes.all(axis=1) | no.all(axis=1)).all()
        return [ids[i] for i in np.flatnonzero(yes[:, 0])]
    if reading.form == "middle":
        assert len(ids) == 3
        found = set()
        spread = np.ptp(places, axis=0)  # (T, 2)
        for t, axis in enumerate(spread.argmax(axis=1)):
            values = places[:, t, axis]
            assert (np.diff(np.sort(values)) > 0.08 - SLACK).all()
            assert spread[t].min() < 0.5 * spread[t].max()
            found.add(ids[int(values.argsort()[1])])
        return sorted(found)
    if reading.form == "two" or (reading.word in OF_TWO and reading.form == "side"):
        assert len(ids) == 2
    axis, sign = SIDES[reading.word]
    values = sign * places[..., axis]  # the first of a side has the largest
    order = np.argsort(-values, axis=0)
    rank = {"": 0, "second": 1, "third": 2}[reading.number]
    assert rank < max(len(ids) - 1, 1)
    gaps = -np.diff(-np.sort(-values, axis=0), axis=0)
    assert ((gaps if rank else gaps[:1]) > 0.08 - SLACK).all()
    return [ids[i] for i in {int(i) for i in order[rank]}]


def relations(clip: ShapesClip) -> list[Expression]:
    return [expression for expression in clip.expressions if expression.kind == "relation"]


@pytest.fixture(scope="module")
def clips(clips_of: ClipsOf) -> list[ShapesClip]:
    return [*clips_of("relation")[:40], *clips_of("appearance")[:12], *clips_of("absent")[:6]]


def test_every_expression_is_true_of_its_object_alone_in_every_frame(clips_of: ClipsOf) -> None:
    """In scenes made for relations, where the frame's border cuts no object."""
    for clip in clips_of("relation")[:40]:
        centres = mask_centres(clip.scene)
        for expression in relations(clip):
            found = true_of(read(expression.text), clip.scene.objects, centres)
            assert tuple(i + 1 for i in found) == expression.object_ids, (expression, clip.scene.objects)
            assert expression.decidable_from == 0


def test_every_expression_has_a_distractor_that_shares_its_appearance_words(clips: list[ShapesClip]) -> None:
    for clip in clips:
        for expression in relations(clip):
            reading = read(expression.text)
            ids = [i + 1 for i in fitting(reading.head, clip.scene.objects)]
            assert expression.candidates == tuple(ids)
            anchors = fitting(reading.anchor, clip.scene.objects) if reading.anchor else []
            assert expression.anchors == tuple(i + 1 for i in anchors)
            assert len(ids) >= 2, expression
            assert expression.object_ids[0] in ids


def test_every_word_is_in_the_vocabulary(clips: list[ShapesClip]) -> None:
    assert {word for clip in clips for e in relations(clip) for word in e.text.split()} <= set(WORDS)


def test_every_form_occurs_and_none_rules(clips_of: ClipsOf) -> None:
    forms: Counter[str] = Counter()
    for clip in clips_of("relation"):
        expressions = relations(clip)
        assert expressions
        assert all(count <= 2 for count in Counter(e.object_ids for e in expressions).values())
        forms.update(read(expression.text).form for expression in expressions)
    assert set(forms) == set(FORMS)
    assert max(forms.values()) < 0.4 * forms.total()
    assert forms["anchor"] > 0.12 * forms.total()


def _masks(scene: Scene, drawn_alone: DrawnAlone, numbers: list[int]) -> list[np.ndarray]:
    return [drawn_alone(scene, FRAMES)[number] for number in numbers]


def test_sides_and_orders_hold_by_the_edges_too(clips_of: ClipsOf, drawn_alone: DrawnAlone) -> None:
    """Whoever counts left edges, or right ones, counts as whoever counts centres does."""
    checked = 0
    for clip in clips_of("relation"):
        for expression in relations(clip):
            reading = read(expression.text)
            if reading.form not in ("side", "two", "order"):
                continue
            ids = fitting(reading.head, clip.scene.objects)
            axis, sign = SIDES[reading.word]
            seen = [mask.any(axis=1 + axis) for mask in _masks(clip.scene, drawn_alone, ids)]  # (T, W or H)
            low = np.array([frames.argmax(axis=1) for frames in seen])
            high = np.array([frames.shape[1] - 1 - frames[:, ::-1].argmax(axis=1) for frames in seen])
            rank = {"": 0, "second": 1, "third": 2}[reading.number]
            for edges in (low, high):
                placed = sign * edges  # (N, T)
                own = placed[ids.index(expression.object_ids[0] - 1)]
                assert ((placed > own).sum(axis=0) <= rank).all(), expression
                assert ((placed >= own).sum(axis=0) > rank).all(), expression
            checked += 1
    assert checked > 30


def test_anchors_are_named_by_their_shape(clips: list[ShapesClip]) -> None:
    readings = [read(expression.text) for clip in clips for expression in relations(clip)]
    anchors = [reading.anchor for reading in readings if reading.anchor]
    assert anchors
    assert all(anchor.split()[-1] in SHAPES for anchor in anchors)


def _shares(clips: list[ShapesClip], form: str) -> tuple[int, int, int]:
    """Of the expressions of a form: all, those of which the utmost is meant, those whose words say something else.

    Something else: once the colours, shapes or textures of head and anchor have changed places, it is said of another
    object, or of none of several.
    """
    total = utmost = turned = 0
    for clip in clips:
        objects = clip.scene.objects
        centres = np.array([item.motion.position(0) for item in objects])
        for expression in relations(clip):
            reading = read(expression.text)
            if reading.form != form:
                continue
            total += 1
            target = expression.object_ids[0] - 1
            axis, sign = SIDES.get(reading.word, (0, 1))
            places = sign * centres[fitting(reading.head, objects), axis]
            utmost += bool(sign * centres[target, axis] >= places.max())
            turned += any(_is_of_another(words, target, axis, sign, objects, centres) for words in _turned(reading))
    return total, utmost, turned


def _turned(reading: Reading) -> list[tuple[str, str]]:
    """Head and anchor after their nouns have changed places."""
    (*before, noun), (*other, anchor) = reading.head.split(), reading.anchor.split()
    return [(" ".join([*before, anchor]), " ".join([*other, noun]))]


def _is_of_another(
    words: tuple[str, str], target: int, axis: int, sign: int, objects: tuple[ShapeObject, ...], centres: np.ndarray
) -> bool:
    heads, anchors = (fitting(part, objects) for part in words)
    if len(heads) < 2 or len(anchors) != 1 or anchors[0] in heads or words[1].split()[-1] in ANY:
        return False
    step = centres[heads] - centres[anchors[0]]
    found = [
        i
        for i, s in zip(heads, step, strict=True)
        if sign * s[axis] > 0.12 and abs(s[1 - axis]) < 1.5 * sign * s[axis]
    ]
    return len(found) < 2 and found != [target]


def test_the_order_of_words_and_the_anchor_count(clips_of: ClipsOf) -> None:
    total, utmost, turned = _shares(clips_of("relation"), "anchor")
    assert total > 50
    assert 0.2 * total < utmost < 0.75 * total
    assert turned > 0.25 * total


def test_other_scenes_are_spoken_of_too(clips_of: ClipsOf) -> None:
    assert sum(len(relations(clip)) for clip in clips_of("appearance")) > 60
    assert not [e for kind in ("motion", "reappearance") for clip in clips_of(kind)[:10] for e in relations(clip)]


def test_the_same_is_said_again(clips_of: ClipsOf) -> None:
    again = generate_clip("test", 3, kind="relation", num_frames=FRAMES, size=SIZE)
    assert again.expressions == clips_of("relation")[3].expressions


def said(scene: Scene, visible: np.ndarray | None = None) -> set[tuple[str, str, int]]:
    """Form, word and object of everything that is ever said of `scene`."""
    visible = np.ones((len(scene.objects), 6)) if visible is None else visible
    expressions = [e for number in range(25) for e in describe_relation(scene, visible, Draws(number))]
    readings = [(read(expression.text), expression.object_ids[0]) for expression in expressions]
    return {(reading.form, reading.word, number) for reading, number in readings}


@pytest.fixture
def pair(make_object: MakeObject) -> tuple[ShapeObject, ShapeObject, ShapeObject]:
    """Two red circles left and right of a blue square."""
    return (
        make_object("red", at=(0.4, 0.5)),
        make_object("red", at=(1.6, 0.5)),
        make_object("blue", "square", at=(1.0, 0.5)),
    )


def test_over_is_said_of_things_apart_only(make_object: MakeObject, make_scene: MakeScene) -> None:
    for y, expected in ((0.2, True), (0.4, False)):
        square = make_object("blue", "square", at=(1.0, 0.6), radius=0.12)
        words = {
            item[1]
            for item in said(make_scene(make_object(at=(1.0, y)), make_object(at=(1.0, 0.9)), square))
            if item[0] == "anchor" and item[2] == 1
        }
        assert words == ({"above", "over"} if expected else {"above"})


def test_what_is_far_above_is_not_left(make_object: MakeObject, make_scene: MakeScene) -> None:
    """So that the circle at the left of the square is meant, and not the leftmost."""
    for x, expected in ((0.8, True), (0.6, False)):
        circles = make_object(at=(0.85, 0.9), radius=0.08), make_object(at=(x, 0.1), radius=0.08)
        found = said(make_scene(*circles, make_object("blue", "square", at=(1.0, 0.9), radius=0.08)))
        assert (("anchor", "left", 1) in found) is expected


def test_an_order_needs_edges_in_that_order(make_object: MakeObject, make_scene: MakeScene) -> None:
    """Beyond its centre, a large circle reaches over a small one."""
    for radius, expected in ((0.1, True), (0.25, False)):
        scene = make_scene(make_object(at=(0.6, 0.3), radius=0.1), make_object(at=(0.7, 0.7), radius=radius))
        assert (("side", "leftmost", 1) in said(scene)) is expected


def test_an_object_between_two_tells_them_apart(pair: tuple[ShapeObject, ...], make_scene: MakeScene) -> None:
    found = said(make_scene(*pair))
    assert {("anchor", "left", 1), ("anchor", "right", 2)} <= found
    assert not {item for item in found if item[0] in ("distance", "size")}


@pytest.mark.parametrize(("x", "expected"), [(0.8, True), (1.0, True), (1.02, False), (1.1, False), (1.5, False)])
def test_what_may_be_true_of_another_too_is_not_said(
    pair: tuple[ShapeObject, ...], make_object: MakeObject, x: float, expected: bool, make_scene: MakeScene
) -> None:
    """The square at x moves right, past the second circle at 1.05."""
    scene = make_scene(pair[0], make_object("red", at=(1.05, 0.5)), make_object("blue", "square", at=(x, 0.5)))
    assert (("anchor", "left", 1) in said(scene)) is expected


@pytest.mark.parametrize(("y", "expected"), [(0.6, True), (0.95, False)])
def test_left_and_far_below_is_in_doubt(
    pair: tuple[ShapeObject, ...], make_object: MakeObject, y: float, expected: bool, make_scene: MakeScene
) -> None:
    scene = make_scene(make_object("red", at=(0.8, y)), *pair[1:])
    assert (("anchor", "left", 1) in said(scene)) is expected


def test_a_relation_holds_in_all_frames_of_the_clip(
    pair: tuple[ShapeObject, ...], make_object: MakeObject, make_scene: MakeScene
) -> None:
    """The second circle passes above the square in frame 5."""
    scene = make_scene(pair[0], make_object("red", at=(1.5, 0.5), velocity=(-0.1, 0.0)), pair[2])
    assert ("anchor", "left", 1) in said(scene, np.ones((3, 4)))
    assert ("anchor", "left", 1) not in said(scene, np.ones((3, 7)))


@pytest.mark.parametrize("hidden", [0, 1, 2])
def test_everything_that_is_compared_is_in_sight(
    pair: tuple[ShapeObject, ...], hidden: int, make_scene: MakeScene
) -> None:
    visible = np.ones((3, 6))
    visible[hidden] = 0.1
    found = said(make_scene(*pair), visible)
    assert not {item for item in found if item[0] == "anchor"}
    assert bool(found) is (hidden == 2)  # "the left circle" needs no square


def test_sizes_are_compared_only_if_clearly_apart(make_object: MakeObject, make_scene: MakeScene) -> None:
    for ratio, expected in ((1.25, False), (1.35, True)):
        scene = make_scene(make_object(radius=0.1 * ratio), make_object(radius=0.1), make_object(radius=0.1))
        words = {item[1] for item in said(scene) if item[2] == 1}
        assert ({"largest", "biggest"} <= words) is expected


@pytest.mark.parametrize("gap", [0.07, 0.09])
def test_an_order_needs_gaps(make_object: MakeObject, gap: float, make_scene: MakeScene) -> None:
    objects = [make_object(at=(0.5 + gap * number, 0.5)) for number in range(4)]
    found = {item for item in said(make_scene(*objects)) if item[0] in ("order", "side")}
    expected = {("order", "left", 2), ("order", "left", 3), ("order", "right", 3), ("side", "leftmost", 1)}
    assert expected <= found if gap > 0.08 else not found


def test_the_nearest_is_so_by_its_border_too(make_object: MakeObject, make_scene: MakeScene) -> None:
    """A large circle farther off by its centre is nearer by its border."""
    anchor, near = make_object("blue", "square", at=(0.2, 0.5)), make_object(at=(0.6, 0.5), radius=0.08)
    for radius, expected in ((0.08, True), (0.35, False)):
        scene = make_scene(anchor, near, make_object(at=(0.85, 0.5), radius=radius))
        words = {item[:2] for item in said(scene) if item[2] == 2}
        assert ({("distance", "closest"), ("distance", "nearest")} <= words) is expected


def test_the_middle_of_three_needs_a_row(make_object: MakeObject, make_scene: MakeScene) -> None:
    for y, expected in ((0.5, True), (0.9, False)):
        places = ((0.3, 0.5), (0.7, y), (1.1, 0.5))
        found = said(make_scene(*(make_object(at=place) for place in places)))
        assert (("middle", "", 2) in {(form, word or "", number) for form, word, number in found}) is expected


@pytest.mark.parametrize("kind", ["motion", "reappearance"])
def test_nothing_is_said_where_things_move(pair: tuple[ShapeObject, ...], kind: str, make_scene: MakeScene) -> None:
    assert describe_relation(make_scene(*pair, kind=kind), np.ones((3, 6)), Draws("still")) == []
