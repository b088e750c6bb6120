"""Pictures of documents: looked at by their content, decoded within bounds and encoded anew, so that only pixels stay.

What a file calls itself does not count. Metadata (where and when it was taken) and whatever else hides in a file goes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

from PIL import Image, ImageOps, UnidentifiedImageError

from feiqian.identity.errors import ImageRefused

FILE_BYTES, FILES = 8 * 1024 * 1024, 3
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS, LEAST_SIDE, LONGEST_SIDE = 40_000_000, 300, 2_000
QUALITY = 88


def accepted(files: Sequence[bytes]) -> list[bytes]:
    """The pictures as JPEG, at most LONGEST_SIDE pixels long. Computes for long. Raises ImageRefused."""
    if not 1 <= len(files) <= FILES:
        raise ImageRefused("too_many" if files else "not_a_picture")
    return [_encoded(file) for file in files]


def _encoded(file: bytes) -> bytes:
    if len(file) > FILE_BYTES:
        raise ImageRefused("too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
                _check_size(picture)  # before a pixel is decoded
                picture.load()
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageRefused("too_many_pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise ImageRefused("not_a_picture") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise ImageRefused("too_many_pixels")
    if min(picture.size) < LEAST_SIDE:
        raise ImageRefused("too_small")
