"""The comparable network in torch: nn.LSTM in both directions, its last states, a softmax. One JSON line of measurements.

Run: python3 bench/peer/recurrent.py CASE [--setting NAME]; CASE is JSON: {"work": "train" | "predict", "steps": 40,
"inputSize": 1280, "hidden": 128, "batch": 16, "classes": 5, "threads": 1, "repeats": 10}
The lengths of the sequences are those of bench/recurrent-case.mjs, so that both sides have as many steps to compute.
"""

import argparse
import json
import resource
import time

import torch
from torch.nn.utils.rnn import pack_sequence, pad_sequence

#: The fastest of `SETTINGS` (bench/compare-training-with-torch.mjs --settings); docs/performance.md has the figures.
FASTEST = "padded"

#: Ways to run it. "padded" computes the padding as well, and takes the last states from where they are.
SETTINGS = (
    "packed",
    "packed foreach",
    "packed no-onednn",
    "packed denormals",
    "padded",
    "padded batch_first",
    "padded jit",
)

#: Runs before the measured ones: memory is taken, threads are started.
WARM_UP = 2

CLIP_NORM = 2.0


def lengths_of(case):
    """The first sequence is the longest; the others have from half of its steps to all."""
    steps, batch = case["steps"], case["batch"]
    return [steps - (steps * index) // (2 * batch) for index in range(batch)]


class Classifier(torch.nn.Module):
    """Sequences -> logits."""

    def __init__(self, case, setting):
        super().__init__()
        self.batch_first = "batch_first" in setting
        self.lstm = torch.nn.LSTM(
            case["inputSize"], case["hidden"], bidirectional=True, batch_first=self.batch_first
        )
        self.head = torch.nn.Linear(2 * case["hidden"], case["classes"])

    def forward(self, batch):
        _, (last, _) = self.lstm(batch)
        return self.head(torch.cat((last[0], last[1]), 1))


class PaddedClassifier(Classifier):
    """The padding is computed as well: on the left for the forward direction, on the right for the backward one."""

    def forward(self, batch, lengths):
        states, _ = self.lstm(batch)
        if self.batch_first:
            states = states.transpose(0, 1)
        half = states.shape[2] // 2
        last = states[lengths - 1, torch.arange(len(lengths)), :half]
        return self.head(torch.cat((last, states[0, :, half:]), 1))


def prepare(case, setting):
    """A function of a list of sequences, and the parameters to train."""
    torch.set_flush_denormal("denormals" not in setting)
    torch.backends.mkldnn.enabled = "no-onednn" not in setting
    if "packed" in setting:
        network = Classifier(case, setting)
        return (lambda x: network(pack_sequence(x))), network
    network = PaddedClassifier(case, setting)
    compute = torch.jit.script(network) if "jit" in setting else network

    def padded(x):
        lengths = torch.tensor([len(sequence) for sequence in x])
        return compute(pad_sequence(x, batch_first=network.batch_first), lengths)

    return padded, network


def run(case, setting):
    """Seconds of each repeat, wall and CPU."""
    torch.manual_seed(1)
    torch.set_num_threads(case["threads"])
    logits, network = prepare(case, setting)
    x = [torch.randn(length, case["inputSize"]) for length in lengths_of(case)]
    y = torch.arange(case["batch"]) % case["classes"]
    if case["work"] == "train":
        options = {"foreach": True} if "foreach" in setting else {}
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, **options)

        def work():
            optimiser.zero_grad(set_to_none=True)
            loss = torch.nn.functional.cross_entropy(logits(x), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
            optimiser.step()
            return loss.item()

    else:
        network.eval()

        def work():
            with torch.inference_mode():
                return torch.softmax(logits(x), 1).numpy()

    wall, cpu = [], []
    for repeat in range(WARM_UP + case["repeats"]):
        wall_before, cpu_before = time.perf_counter(), time.process_time()
        work()
        if repeat >= WARM_UP:
            wall.append(time.perf_counter() - wall_before)
            cpu.append(time.process_time() - cpu_before)
    return {"wall": wall, "cpu": cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", type=json.loads)
    parser.add_argument("--setting", choices=SETTINGS, default=FASTEST)
    options = parser.parse_args()
    print(json.dumps(run(options.case, options.setting)))


if __name__ == "__main__":
    main()
