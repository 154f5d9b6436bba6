"""What somebody else might publish: a segmenter, and a way to smooth."""

import numpy as np

from masksmooth_filter.errors import OptionError


class Bright:
    """Foreground is what is bright."""

    classes = ()
    labels = ()

    def __init__(self, options):
        self.batch = options.batch or 3
        if options.classes is not None:
            raise OptionError("bright knows no classes; leave out --classes")

    def input_size(self, width, height):
        return width, height

    def predict(self, images):
        return np.where(images.mean(axis=-1) >= 200, 255, 0).astype(np.uint8)

    def close(self):
        pass


class Brightest:
    """A mask is the greater of itself and the next one; the last is itself."""

    latency = 1

    def __init__(self, settings):
        if settings.radius not in (None, 1):
            raise OptionError("brightest looks one frame ahead; leave out --radius")
        self._held = []

    def push(self, token, picture, mask):
        held, self._held = self._held, [(token, mask)]
        return [(before, np.maximum(old, mask)) for before, old in held]

    def flush(self):
        held, self._held = self._held, []
        return held

    def close(self):
        self._held = []
