"""Says, from inside the walls, whether system calls are filtered."""

import os
from typing import Any


def main(orders: dict[str, Any]) -> None:
    """Write the answer to stdout."""
    os.write(1, b"filtered" if orders["filtered"] else b"limited")
