"""What shapes clips are made of, and every word that an expression about them may use."""

Rgb = tuple[int, int, int]

UNSEEN_SPLIT = "test-unseen"
SPLITS = ("train", "val", "test", UNSEEN_SPLIT)

# Three anchors per colour: the pure one, a darker and a softer one. An object's shade lies between them, so that the
# name holds for the colours of other drawing programs too. Between any two colours there is a wide gap.
COLOURS: dict[str, tuple[Rgb, Rgb, Rgb]] = {
    "red": ((255, 0, 0), (200, 15, 20), (225, 45, 50)),
    "green": ((0, 255, 0), (0, 130, 10), (50, 175, 65)),
    "blue": ((0, 0, 255), (20, 30, 190), (45, 85, 225)),
    "yellow": ((255, 255, 0), (230, 205, 15), (250, 225, 60)),
    "white": ((255, 255, 255), (235, 235, 235), (248, 246, 242)),
    "orange": ((255, 150, 0), (235, 115, 10), (255, 140, 30)),
    "purple": ((128, 0, 128), (150, 30, 190), (145, 70, 200)),
    "cyan": ((0, 255, 255), (25, 195, 210), (70, 225, 235)),
}

# The second tone of a texture, as a share of black (negative) or white (positive) mixed into the object's own shade.
SECOND_TONE: dict[str, float] = {
    "red": -0.5,
    "green": -0.55,
    "blue": 0.45,
    "yellow": -0.42,
    "white": -0.42,
    "orange": -0.48,
    "purple": 0.5,
    "cyan": -0.5,
}

COLOUR_NAMES = tuple(COLOURS)
SHAPES = ("circle", "square", "triangle", "star", "ring", "cross")
TEXTURES = ("plain", "striped", "dotted")
BACKGROUNDS = ("plain", "gradient", "noisy", "striped", "blobby")

# Pairs of colour and shape that only the split "test-unseen" shows: whoever knows its colours and its shapes, and not
# only their pairs, knows these too. One of each colour, one or two of each shape.
UNSEEN_PAIRS: frozenset[tuple[str, str]] = frozenset(
    {
        ("red", "ring"),
        ("green", "star"),
        ("blue", "cross"),
        ("yellow", "square"),
        ("white", "triangle"),
        ("orange", "circle"),
        ("purple", "square"),
        ("cyan", "triangle"),
    }
)

# Size words, by radius as a share of the frame's height. Between the two bounds a word is doubtful: it is neither used
# for such an object nor allowed to be what tells another object from it.
SMALL_BELOW, SMALL_DOUBTFUL_BELOW = 0.12, 0.15
LARGE_ABOVE, LARGE_DOUBTFUL_ABOVE = 0.19, 0.155
COMPARABLE_RATIO = 1.3  # "the larger ..." needs radii at least so far apart

ANY_SHAPE_NOUNS = ("object", "thing", "shape", "one")
SIZE_WORDS: dict[str, tuple[str, ...]] = {"small": ("small", "little"), "large": ("large", "big")}
TEXTURE_WORDS: dict[str, tuple[str, ...]] = {
    "plain": ("plain", "solid"),
    "striped": ("striped",),
    "dotted": ("dotted", "spotted"),
}
TEXTURE_PHRASES: dict[str, tuple[str, ...]] = {"striped": ("with stripes",), "dotted": ("with dots", "with spots")}
COMPARATIVE_WORDS: dict[str, tuple[str, ...]] = {"larger": ("larger", "bigger"), "smaller": ("smaller",)}


def plural(noun: str) -> str:
    return "crosses" if noun == "cross" else noun + "s"


_GLUE = "the a an of in with and or that which is are was not no to from than its it on at by as two three"
# Words of the expression kinds beyond appearance, here so that a tokenizer made from this list covers them too.
_RELATION = """left right above below over under beneath between beside next near far close closer closest nearest
farthest furthest away in front behind top bottom middle center centre side corner edge upper lower leftmost rightmost
topmost lowest highest first second third fourth fifth sixth last same other another both each largest biggest smallest
larger smaller bigger great tiny touching covers covering covered overlapping inside outside"""
_MOTION = """moves moving move moved goes going up down upward upwards downward downwards leftward leftwards rightward
rightwards across towards toward along straight curve curved circles around turns turning turn back reverses changes
direction stops stopping stop stopped starts starting stays staying still stationary rests resting stands fast faster
fastest quick quickly slow slower slowest slowly speeds speed does do bounces rotates then after before while first
always never only all"""
_REAPPEARANCE = """hidden hides hide disappears reappears appears again returns comes out leaves enters frame visible
seen gone passes passing"""
_NEAR_MISSES = "black grey gray brown pink diamond heart oval rectangle hexagon disc round checkered"

WORDS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            *_GLUE.split(),
            *COLOUR_NAMES,
            *SHAPES,
            *(plural(shape) for shape in SHAPES),
            *ANY_SHAPE_NOUNS,
            *(plural(noun) for noun in ANY_SHAPE_NOUNS),
            *(word for words in SIZE_WORDS.values() for word in words),
            *(word for words in TEXTURE_WORDS.values() for word in words),
            *(word for words in TEXTURE_PHRASES.values() for phrase in words for word in phrase.split()),
            *(word for words in COMPARATIVE_WORDS.values() for word in words),
            *_RELATION.split(),
            *_MOTION.split(),
            *_REAPPEARANCE.split(),
            *_NEAR_MISSES.split(),
        ]
    )
)
