"""Scanning: by camera, from a picture or by hand, and what a scanned text means, if it is of this bank."""

STANDS_ON: tuple[str, ...] = ("auth", "merchants", "payments")
