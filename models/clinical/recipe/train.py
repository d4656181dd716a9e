"""Trains the clinical component from the annotated sets in a folder: python train.py SETS OUT."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]
