"""Writes a PNG with a palette of 256 colours in its place. Runs in an environment of its own, which has Pillow."""

import sys

from PIL import Image

for path in sys.argv[1:]:
    with Image.open(path) as picture:
        # The cut that covers most colours keeps those of small things, such as a green badge on a red page.
        small = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
