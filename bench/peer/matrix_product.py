"""The fastest that torch multiplies large matrices. One JSON line: {"gflops": …}, of the fastest of the repeats.

Run: python3 bench/peer/matrix_product.py THREADS
"""

import json
import sys
import time

import torch

SIDE = 2048
REPEATS = 10


def main():
    torch.set_num_threads(int(sys.argv[1]))
    a = torch.randn(SIDE, SIDE)
    b = torch.randn(SIDE, SIDE)
    fastest = float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter()
        a @ b
        fastest = min(fastest, time.perf_counter() - began)
    print(json.dumps({"gflops": 2 * SIDE**3 / fastest / 1e9}))


if __name__ == "__main__":
    main()
