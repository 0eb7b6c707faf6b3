"""`python -m goracs_core`: the command line."""

import os
import sys

from goracs_core.cli import main

if __name__ == "__main__":
    # Read once, when torch or numba start their threads: let these wait asleep, not spinning. On busy cores training
    # is several times faster so, on idle ones no slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main())
