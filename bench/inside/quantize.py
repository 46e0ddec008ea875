"""Replaces a PNG by one with a palette of 256 colours. Runs in its own environment, which has Pillow."""

import sys

from PIL import Image

for path in sys.argv[1:]:
    with Image.open(path) as picture:
        # The method that covers most colours keeps those of small areas, such as a green badge on a red page.
        small = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
