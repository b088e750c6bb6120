"""`python -m feiqian` is the command `feiqian`."""

import sys

from feiqian.cli import main

if __name__ == "__main__":
    sys.exit(main())
