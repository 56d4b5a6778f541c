"""Which frames of every clip are taken, as in a slice: the first half to learn from, the second to score on."""

import re

ALL = ":"
_RANGE = re.compile(r"(?:(\d{1,9})(%?))?:(?:(\d{1,9})(%?))?", re.ASCII)


def frame_slice(frames: str, count: int) -> slice:
    """The frames of a clip of `count` that `START:STOP` names.

    START and STOP are numbers of frames from 0, or percentages of the clip ("50%"), rounded down, so that ":50%" and
    "50%:" share no frame and leave none out. Either may be left out. STOP is not taken itself.

    Raises:
        ValueError: it is no such range.
    """
    match = _RANGE.fullmatch(frames) if isinstance(frames, str) else None
    if match is None:
        raise _error(frames)
    start, start_percent, stop, stop_percent = match.groups()
    places = []
    for number, percent, default in ((start, start_percent, 0), (stop, stop_percent, count)):
        if percent and int(number) > 100:
            raise _error(frames)
        place = default if number is None else int(number)
        places.append(place * count // 100 if percent else place)
    return slice(*places)


def _error(frames: object) -> ValueError:
    return ValueError(
        "frames: expected START:STOP, each the number of a frame, a percentage or nothing, such as ':50%', "
        f"got {frames!r}"
    )
