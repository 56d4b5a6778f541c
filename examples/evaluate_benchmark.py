"""Score a checkpoint, or anybody's predictions, on a benchmark, in one process or several.

    python examples/evaluate_benchmark.py --benchmark shapes --clips 20 --output outputs/shapes
    accelerate launch --num_processes 4 examples/evaluate_benchmark.py --benchmark ref_davis17 --root data/ref-davis \
        --output outputs/ref_davis17

The options are those of `refsam evaluate`, which does the same in one process; docs/evaluation.md describes them and
what is written. The processes share the videos and write each result as it ends, so the same command goes on where a
run was stopped. On a CPU `torchrun --nproc-per-node 4 examples/evaluate_benchmark.py ...` starts several processes.

This script is not called evaluate.py: whatever Python runs from this folder would then import it in place of the
library `evaluate`.
"""

import sys

from refsam_hf.cli import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
