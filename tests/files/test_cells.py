"""Numbers of cell tables."""

import subprocess
import sys

_PROGRAM = """
import sys
import numpy as np
from logviewer.files.cells import distinct
assert distinct(np.array([3, 1, 3, 2])).tolist() == [1, 2, 3]
assert "numpy.ma" not in sys.modules
"""


def test_different_numbers_load_no_more_of_numpy() -> None:
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True)
