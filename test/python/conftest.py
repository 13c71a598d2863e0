"""Every kernel that a test launches runs under the simulator's sanitizer."""

import os

os.environ.setdefault("MLU_SIM_SANITIZE", "1")
