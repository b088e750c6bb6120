"""A seeded bank in a box, with pages and simulated shoppers: to see and try everything, never to hold real money."""

from __future__ import annotations

import argparse

from feiqian.settings import Settings


def main(settings: Settings, options: argparse.Namespace) -> int:
    """Runs the demo until it is interrupted. Returns the exit code."""
    from .run import run  # builds the whole bank: only when it is wanted

    return run(settings)
