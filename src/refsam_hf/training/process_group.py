"""The end of several processes that train together."""

import gc


def end_process_group() -> None:
    """Leaves the group of processes, if there is one; for where no variable holds the wrapped model any more.

    A group is freed by whoever holds it last, and then waits for the threads of Gloo. One of these may still have a
    tensor of the last collective to free, for which it needs Python's lock. `DistributedDataParallel` does not give up
    that lock when it frees the group (pytorch#56297): both would wait for ever. Python does, so the last reference is
    held here, until the wrapped models, some of them in cycles of references, have gone.
    """
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        group = distributed.group.WORLD
        distributed.destroy_process_group()
        gc.collect()
        del group
