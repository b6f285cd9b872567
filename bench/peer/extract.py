"""The comparable program in Python: PyAV frames -> MobileNetV2 in torch -> one .npy a clip, in processes.
Prints the number of frames.

Run: python3 bench/peer/extract.py CLIP... --out DIR [--count 16 | --fps 2]; `@list.txt` stands for the clips in it.
It is written to be fast, not to be safe: a damaged clip ends it.
"""

import argparse
import multiprocessing
import os
import pathlib

import av
import numpy
import torch
from av.video.reformatter import VideoReformatter
from network import FASTEST, FASTEST_BATCH, SETTINGS, SIZE, prepare

work = {}


def main():
    parser = argparse.ArgumentParser(fromfile_prefix_chars="@")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    plan = parser.add_mutually_exclusive_group()
    plan.add_argument("--count", type=int, default=16)
    plan.add_argument("--fps", type=float)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of the decoder")
    parser.add_argument("--batch", type=int, default=FASTEST_BATCH)
    parser.add_argument("--setting", choices=SETTINGS, default=FASTEST)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    # Two were slower for one long video, and several times so where something else wanted a core.
    torch.set_num_threads(1)
    work.update(options=options, network=prepare(options.setting, options.batch))
    jobs = list(enumerate(options.clips))
    if options.processes == 1:
        print(sum(map(extract, jobs)))
        return
    # Forked, so that torch is imported, and the network prepared, once.
    with multiprocessing.get_context("fork").Pool(options.processes) as pool:
        print(sum(pool.imap_unordered(extract, jobs)))


def extract(job):
    """Writes the features of a clip, float32 [frames, 1280], and says how many frames they are."""
    index, path = job
    options = work["options"]
    features = []
    batch = []
    with torch.no_grad():
        for pixels in sample(path, options):
            batch.append(pixels)
            if len(batch) == options.batch:
                features.append(compute(batch))
                batch = []
        if batch:
            features.append(compute(batch))
    name = f"{index:05d}-{os.path.splitext(os.path.basename(path))[0]}.npy"
    features = numpy.concatenate(features)
    numpy.save(options.out / name, features)
    return len(features)


def compute(batch):
    frames = torch.from_numpy(batch[0][None] if len(batch) == 1 else numpy.stack(batch))
    return work["network"](frames).numpy()


def sample(path, options):
    """The sampled frames of a clip: uint8 [224, 224, 3], RGB. Only they are scaled."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.thread_count = options.threads
        # One for all frames: a frame's own reformat() would set up a scaler for each.
        reformat = VideoReformatter().reformat
        choose = by_rate if options.fps else by_count
        for frame, times in choose(container, stream, options):
            pixels = reformat(frame, SIZE, SIZE, "rgb24").to_ndarray()
            for _ in range(times):
                yield pixels


def by_count(container, stream, options):
    """The middles of `count` equal parts of the frames; nothing is decoded after the last one."""
    total = stream.frames
    if total == 0:
        total = sum(packet.size > 0 for packet in container.demux(stream))
        container.seek(0)
    wanted = [int((i + 0.5) * total / options.count) for i in range(options.count)]
    taken = 0
    for index, frame in enumerate(container.decode(stream)):
        times = wanted.count(index)
        taken += times
        if times:
            yield frame, times
        if taken == options.count:
            return
    # Fewer decode than the header says: the last one stands in for the rest.
    yield frame, options.count - taken


def by_rate(container, stream, options):
    """The frame on screen at 0, 1/fps, 2/fps ... seconds from the first one on."""
    start = None
    due = 0
    before = None
    period = 1 / float(stream.average_rate)
    for frame in container.decode(stream):
        start = frame.time if start is None else start
        if before is not None:
            times = passed(frame.time - start, options.fps) - due
            if times > 0:
                yield before, times
                due += times
        before = frame
    if before is not None:
        times = passed(before.time - start + period, options.fps) - due
        if times > 0:
            yield before, times


def passed(seconds, fps):
    """Sampling times before a time."""
    return max(0, int(numpy.ceil(seconds * fps - 1e-6)))


if __name__ == "__main__":
    main()
