"""What goes wrong with videos, frames, masks and the files made of them."""


class VideoError(ValueError):
    """A video, a frame, a mask or an output that cannot be used.

    The message names the file or the frame, what was expected and what was got. Paths that are missing or may not be
    read or written raise Python's own `OSError`s instead.
    """


class VideoWarning(UserWarning):
    """A video that was read, but looks incomplete."""
