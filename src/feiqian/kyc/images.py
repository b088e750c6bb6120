"""Pictures of documents: looked at by their content, decoded within bounds and encoded anew, so that only pixels stay.

What a file calls itself does not count. Metadata (where and when it was taken) and whatever else hides in a file goes.
A server has this done by a worker process (`encode`), never in its own.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageOps

from feiqian.kyc.errors import ImageRefused
from feiqian.workers.counting import COSTLY, check_cost
from feiqian.workers.frames import Refused

FILE_BYTES, FILES = 8 * 1024 * 1024, 3
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS, LEAST_SIDE, LONGEST_SIDE = 40_000_000, 300, 2_000
MOST_NARROW = 5  # times as long as wide: no document is, and of a strip nothing would be left
QUALITY = 88


def encode(files: list[bytes]) -> list[bytes]:
    """Job of workers: as `accepted`. Raises Refused, which `refused_by` reads."""
    try:
        return accepted(files)
    except ImageRefused as refused:
        raise Refused(refused.reason if refused.place is None else f"{refused.reason} {refused.place}") from None


def refused_by(reason: str) -> ImageRefused:
    """What `encode` refused in a worker, from its one word and place."""
    word, _, place = reason.partition(" ")
    return ImageRefused(word, int(place) if place.isdecimal() else None)


def accepted(files: Sequence[bytes]) -> list[bytes]:
    """The pictures as JPEG, at most LONGEST_SIDE pixels long. Computes for long. Raises ImageRefused."""
    if not 1 <= len(files) <= FILES:
        raise ImageRefused("too_many" if files else "not_a_picture")
    pictures = []
    for place, file in enumerate(files):
        try:
            pictures.append(_encoded(file))
        except ImageRefused as refused:
            raise ImageRefused(refused.reason, place) from None
    return pictures


def _encoded(file: bytes) -> bytes:
    if len(file) > FILE_BYTES:
        raise ImageRefused("too_large")
    try:
        check_cost(file)
        with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
            _check_size(picture)  # before a pixel is decoded
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # of a large JPEG, no more than is needed
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except ImageRefused:
        raise
    except (Refused, MemoryError):
        raise ImageRefused(COSTLY) from None
    except Image.DecompressionBombError:
        raise ImageRefused("too_many_pixels") from None
    except Exception:  # of what is damaged, decoders raise what they like
        raise ImageRefused("not_a_picture") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright.info.clear()  # a comment would be written again
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise ImageRefused("too_many_pixels")
    if min(picture.size) < max(LEAST_SIDE, max(picture.size) / MOST_NARROW):
        raise ImageRefused("too_small")
