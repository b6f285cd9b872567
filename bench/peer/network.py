"""MobileNetV2 as a frame feature extractor in torch: uint8 frames in, 1280 numbers a frame out.

The weights are random: what they hold does not change how long they take.
"""

import warnings

import torch
import torchvision

SIZE = 224

#: The fastest of `SETTINGS` in the whole program, one thread a process; docs/performance.md has the figures.
FASTEST = "optimize_for_inference channels_last"
FASTEST_BATCH = 4


class FrameFeatures(torch.nn.Module):
    """uint8 [n, 224, 224, 3] -> float32 [n, 1280]: the mean over the last feature map."""

    def __init__(self, channels_last):
        super().__init__()
        self.features = torchvision.models.mobilenet_v2(weights=None).features
        self.channels_last = channels_last

    def forward(self, frames):
        pixels = frames.permute(0, 3, 1, 2)
        if not self.channels_last:
            pixels = pixels.contiguous()
        return self.features(pixels.float() / 127.5 - 1).mean((2, 3))


def prepare(setting, batch):
    """The network in one of `SETTINGS`, traced for a batch, and warm."""
    warnings.filterwarnings("ignore")
    # Activations that fade out under random weights would become denormal numbers, which are slow.
    torch.set_flush_denormal(True)
    channels_last = "channels_last" in setting
    network = FrameFeatures(channels_last).eval()
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    example = torch.zeros(batch, SIZE, SIZE, 3, dtype=torch.uint8)
    with torch.no_grad():
        network = SETTINGS[setting](network, example)
        # The first runs of a graph are those in which it is optimised.
        for _ in range(2):
            network(example)
    return network


def _traced(network, example):
    return torch.jit.trace(network, example, check_trace=False)


def _frozen(network, example):
    return torch.jit.freeze(_traced(network, example))


def _optimized(network, example):
    return torch.jit.optimize_for_inference(_traced(network, example))


def _onednn(network, example):
    torch.jit.enable_onednn_fusion(True)
    return _frozen(network, example)


def _xnnpack(network, _example):
    from torch.utils.mobile_optimizer import optimize_for_mobile

    return optimize_for_mobile(torch.jit.script(network))


#: Ways to run it. All but the first trace the graph and fold batch normalisation into the convolutions.
SETTINGS = {
    "eager": lambda network, _: network,
    "eager channels_last": lambda network, _: network,
    "freeze": _frozen,
    "optimize_for_inference": _optimized,
    "optimize_for_inference channels_last": _optimized,
    "optimize_for_inference inference_mode": _optimized,
    "onednn": _onednn,
    "onednn channels_last": _onednn,
    "xnnpack channels_last": _xnnpack,
}
