"""`python -m feiqian.testing.adversary`: plays every attack, prints a table, and ends with 1 if a bar is missed."""

from __future__ import annotations

import argparse

from .attacks import ATTACKS
from .play import play, table, verdict


def main() -> int:
    parser = argparse.ArgumentParser(prog="feiqian.testing.adversary", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="for all of it (default: 600)")
    parser.add_argument("--rate", type=float, default=20, help="honest payments a second (default: 20)")
    parser.add_argument("--only", choices=sorted(ATTACKS), nargs="*", help="some of the attacks")
    options = parser.parse_args()
    names = options.only or list(ATTACKS)
    rounds = []
    for name in names:
        rounds.append(play(name, options.seconds / len(names) / 2, options.rate))
        print(table(rounds[-1:], heading=len(rounds) == 1), flush=True)
    missed = [problem for one in rounds for problem in verdict(one)]
    print("\n".join(missed) or "every bar is held")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
