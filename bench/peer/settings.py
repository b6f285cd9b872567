"""CPU time a frame of every way to run the network in torch, one thread, as a Markdown table.

Each is measured in processes of its own; the least counts, since other work on the machine only ever adds.
Run: python3 bench/peer/settings.py (half a minute a round on a quiet machine)
"""

import subprocess
import sys
import time

BATCHES = (1, 4, 16)
ROUNDS = 2
FRAMES = 48


def measure(setting, batch):
    """Seconds a frame, user and system."""
    import torch
    from network import SIZE, prepare

    torch.set_num_threads(1)
    network = prepare(setting, batch)
    frames = torch.randint(0, 255, (batch, SIZE, SIZE, 3), dtype=torch.uint8)
    with torch.inference_mode() if "inference_mode" in setting else torch.no_grad():
        began = time.process_time()
        for _ in range(FRAMES // batch):
            network(frames)
        return (time.process_time() - began) / FRAMES


def main():
    from network import SETTINGS

    print("| ms of CPU time a frame | " + " | ".join(f"batch {batch}" for batch in BATCHES) + " |")
    print("| --- |" + " ---: |" * len(BATCHES))
    for setting in SETTINGS:
        cells = [min(in_own_process(setting, batch) for _ in range(ROUNDS)) for batch in BATCHES]
        print(f"| {setting} | " + " | ".join(f"{1e3 * cell:.1f}" for cell in cells) + " |", flush=True)


def in_own_process(setting, batch):
    command = [sys.executable, __file__, setting, str(batch)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(measure(sys.argv[1], int(sys.argv[2])))
    else:
        main()
