"""The command line as a program: `python -m goracs_core`, or `goracs` once installed."""

import os
import sys

from goracs_core import cli


def main() -> int:
    """Run the command line; returns the exit status."""
    # Read once, when torch or numba start their threads: let these wait asleep, not spinning. On busy cores training
    # is several times faster so, on idle ones no slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
