"""same_data.py FOLDER FOLDER: exit status 0 when data.npz and weights.safetensors of both hold the same numbers (to 1e-6)."""
import sys

import numpy as np
from safetensors.numpy import load_file

one, two = sys.argv[1:]
for a, b in ((np.load(f"{one}/data.npz"), np.load(f"{two}/data.npz")),
             (load_file(f"{one}/weights.safetensors"), load_file(f"{two}/weights.safetensors"))):
    if set(a) != set(b):
        sys.exit(f"not the same names: {sorted(set(a) ^ set(b))}")
    for name in a:
        if a[name].shape != b[name].shape or not np.allclose(a[name], b[name], rtol=1e-6, atol=1e-6):
            sys.exit(f"{name} differs")
