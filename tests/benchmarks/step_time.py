"""Time of a training step of the recurrent cells against torch's own layers.

Run with ``python -m tests.benchmarks.step_time``. One step is a forward and a backward
pass, on one thread; the layers take turns, and each is compared with torch's layer of
the same kind in the same run. Processor time, which is the same as the time that passes
where nothing else runs, is what does not depend on that.
"""

import argparse
import time
from functools import partial
from itertools import product
from statistics import median

import torch

from skseq.networks.cells import Cell
from skseq.networks.recurrent import CELLS, initialize


def step(layer, x):
    states = layer(x)
    states = states if isinstance(layer, Cell) else states[0]
    states.square().mean().backward()


def measure(layers, x, n_steps):
    """Processor milliseconds of ``n_steps`` steps of each layer, taking turns."""
    times = {name: [] for name in layers}
    for turn in range(n_steps + 5):
        for name, layer in layers.items():
            start = time.thread_time()
            step(layer, x)
            if turn >= 5:  # the first ones allocate
                times[name].append(1e3 * (time.thread_time() - start))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=56)
    parser.add_argument("--features", type=int, default=5)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.set_default_dtype(getattr(torch, args.dtype))
    torch.manual_seed(0)
    x = torch.randn(args.batch, args.length, args.features)
    print(
        "| cell | normalization | recurrent_dropout | ms: min, median, max | of torch |"
    )
    print("|---|---|---|---|---|")
    for kind in CELLS:
        make = partial(Cell, kind, args.features, args.hidden, args.length)
        layers = {
            ("torch", ""): CELLS[kind](args.features, args.hidden, batch_first=True)
        }
        for norm, dropout in product([None, "layer", "batch"], [0.0, 0.2]):
            layers[norm, dropout] = make(recurrent_dropout=dropout, normalization=norm)
        for layer in layers.values():
            initialize(layer)
        times = measure(layers, x, args.steps)
        bare = median(times["torch", ""])
        for (norm, dropout), taken in times.items():
            spread = f"{min(taken):.1f}, {median(taken):.1f}, {max(taken):.1f}"
            ratio = median(taken) / bare
            print(f"| {kind} | {norm} | {dropout} | {spread} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
