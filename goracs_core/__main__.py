"""`python -m goracs_core`: the command line."""

import sys

from goracs_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
