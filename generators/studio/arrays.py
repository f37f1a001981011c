"""The arrays that the studio's rooms pass to each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""(height, width)"""
Bytes = NDArray[np.uint8]
"""(height, width, channels), 0..255"""
Floats = NDArray[np.floating[Any]]
"""(height, width[, channels]); the range is named where it is used"""
