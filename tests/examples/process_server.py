"""Runs `examples/train.py` by several processes, as often as asked, of which each comes to its own end.

A server of its own, so that torch is imported once: it reads requests from its standard input, a JSON object a line,
with the keyword arguments of `Launch`, and answers each by a line with what `run` gives.
"""

import gc
import importlib.util
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import accelerate
import datasets  # noqa: F401 : for all trainings
import matplotlib.figure  # noqa: F401
from torch import distributed

sys.path.insert(0, str(Path(__file__).parents[1]))
from gloo_tensors import leave_tensors_to_gloo

SCRIPT = Path(__file__).parents[2] / "examples" / "train.py"


@dataclass
class Launch:
    """One training.

    Attributes:
        arguments: of the script.
        output: file that takes what the processes print.
        processes: how many.
        limit: seconds that a process may take to end once its training has.
        kill_when: a path; once it is there, all are killed.
        kill_after: so many seconds later.
        leave_tensors: whether Gloo has tensors to free when the training ends.
        bad_ending: whether a wrapped model outlives the group.
    """

    arguments: list[str]
    output: str
    processes: int
    limit: int = 60
    kill_when: str | None = None
    kill_after: float = 0.0
    leave_tensors: bool = False
    bad_ending: bool = False

    def run(self) -> list[int | str]:
        """Of each process its exit code, `"killed"`, or `"hung"` if it did not end by itself."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        sys.stdout.flush()
        children = [os.fork() or self._be(rank, port) for rank in range(self.processes)]
        deadline, to_kill = time.monotonic() + 300, self.kill_when
        ended: dict[int, int | str] = {}
        while len(ended) < len(children) and time.monotonic() < deadline:
            for child in children:
                found, status = (0, 0) if child in ended else os.waitpid(child, os.WNOHANG)
                if found:
                    code = os.waitstatus_to_exitcode(status)
                    ended[child] = "hung" if code == -signal.SIGALRM else code
            if to_kill is not None and Path(to_kill).exists():
                deadline, to_kill = time.monotonic() + self.kill_after, None
            time.sleep(0.01)
        for child in children:
            if child not in ended:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                ended[child] = "hung" if to_kill == self.kill_when else "killed"
        return [ended[child] for child in children]

    def _be(self, rank: int, port: int) -> Any:
        """One of the processes; ends with the interpreter, as a script does."""
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        os.environ |= {"WORLD_SIZE": str(self.processes), "LOCAL_WORLD_SIZE": str(self.processes)}
        with open(self.output, "a") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        kept: list[Any] = []
        end, prepare = script.end_process_group, accelerate.Accelerator.prepare

        def end_with_tensors() -> None:
            signal.alarm(self.limit)  # also where Python's lock is held
            leave_tensors_to_gloo()
            if self.bad_ending:
                distributed.destroy_process_group()
                kept.clear()
                gc.collect()
            end()

        if self.leave_tensors:
            script.end_process_group = end_with_tensors
            gc.freeze()  # of what is imported: a collection at the end is to be over while Gloo has tensors to free
        if self.bad_ending:
            accelerate.Accelerator.prepare = lambda *given: kept.append(prepare(*given)) or kept[-1]
        code = script.main(self.arguments)
        threads = [Path(f"/proc/self/task/{name}/comm").read_text() for name in os.listdir("/proc/self/task")]
        assert not any("gloo" in name for name in threads), threads
        sys.exit(code)


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("examples_train", SCRIPT)
    script: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(Launch(**json.loads(line)).run()) + "\n")
        sys.stdout.flush()
