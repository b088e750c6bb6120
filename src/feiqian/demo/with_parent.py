"""`python -m feiqian.demo.with_parent FILE …`: runs a program that knows nothing of the demo, and ends it with that."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from feiqian.runtime.supervise import end_with_parent


def main() -> None:
    end_with_parent()
    del sys.argv[0]
    program = sys.argv[0]
    sys.path[0] = str(Path(program).resolve().parent)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
