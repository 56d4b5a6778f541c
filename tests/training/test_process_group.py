"""The end of a group of processes, at its worst moment."""

import gc
import signal

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from refsam_hf.training.process_group import end_process_group


def end_plainly():
    distributed.destroy_process_group()
    gc.collect()


def train_and(end, leave_tensors_to_gloo, seconds):
    gc.collect()
    gc.freeze()  # on a busy machine a collection of all that is imported takes longer than Gloo has tensors to free
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    model = DistributedDataParallel(torch.nn.Linear(2, 2))
    model.itself = model  # it goes with the next collection of garbage, not with its name
    leave_tensors_to_gloo()
    del model
    signal.alarm(seconds)  # also where Python's lock is held
    end()


def test_a_wrapped_model_in_a_cycle_of_references_is_waited_for(killed, leave_tensors_to_gloo):
    assert killed(lambda: train_and(end_plainly, leave_tensors_to_gloo, 3)), "this hangs"
    assert not killed(lambda: train_and(end_process_group, leave_tensors_to_gloo, 60))


def test_without_a_group_there_is_nothing_to_end():
    assert not distributed.is_initialized()
    end_process_group()
