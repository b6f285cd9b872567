"""Optical flow of synthetic pictures by OpenCV: Farneback's and DIS. Prints test/fixtures/optical-flow.json.

The pictures are those of test/features/motion/moving-pictures.ts, by the same formula: twelve waves, summed; the first
picture of a pair is the texture looked up where each pixel goes to, the second the texture itself. So the true flow is
known at each pixel of the first.

Run: python3 bench/peer/flow_reference.py > test/fixtures/optical-flow.json      (Debian: apt-get install python3-opencv)
"""

import json
import math

import cv2
import numpy

WIDTH, HEIGHT = 80, 60
# The vectors kept: every tenth pixel both ways, from the fifth.
FIRST, STEP = 5, 10
# Pixels at the border that the mean error leaves out.
MARGIN = 8


def texture(x, y):
    total = numpy.zeros_like(x)
    for i in range(12):
        angle = 2.399963 * i
        wave = 2 * math.pi / (8 + 2 * (5 * i % 13))
        total += numpy.sin(wave * (math.cos(angle) * x + math.sin(angle) * y) + i * i)
    return total


def levels(values):
    return numpy.clip(numpy.floor(128.5 + 24 * values), 0, 255).astype(numpy.uint8)


def constant(u, v):
    return lambda x, y: (numpy.full_like(x, u), numpy.full_like(y, v))


def linear(a, b, c, d):
    """About the middle of the picture."""
    return lambda x, y: (
        a * (x - 39.5) + b * (y - 29.5),
        c * (x - 39.5) + d * (y - 29.5),
    )


MOTIONS = {
    "still": constant(0, 0),
    "part of a pixel": constant(0.4, -0.3),
    "a pixel and a half": constant(1.5, -0.75),
    "four pixels": constant(4, 2),
    "turn": linear(0, -0.05, 0.05, 0),
    "zoom": linear(0.04, 0, 0, 0.04),
}


def main():
    x, y = numpy.meshgrid(numpy.arange(WIDTH, dtype=float), numpy.arange(HEIGHT, dtype=float))
    second = levels(texture(x, y))
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # The usual choice stops at a level of twice the size.
    dis.setFinestScale(0)
    methods = {
        "farneback": lambda a, b: cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 13, 5, 5, 1.1, 0),
        "dis": lambda a, b: dis.calc(a, b, None),
    }
    cases = []
    for name, motion in MOTIONS.items():
        u, v = motion(x, y)
        first = levels(texture(x + u, y + v))
        found = {}
        for method, calculate in methods.items():
            flow = calculate(first, second)
            error = numpy.hypot(flow[..., 0] - u, flow[..., 1] - v)[MARGIN:-MARGIN, MARGIN:-MARGIN]
            sample = flow[FIRST::STEP, FIRST::STEP].reshape(-1, 2)
            found[method] = {
                "meanError": round(float(error.mean()), 4),
                "vectors": [[round(float(value), 2) for value in vector] for vector in sample],
            }
        cases.append({"name": name, **found})
    print(json.dumps({"opencv": cv2.__version__, "cases": cases}))


if __name__ == "__main__":
    main()
