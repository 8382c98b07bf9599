"""Writes constraints.txt: the versions that are installed in the environment that runs this.

`tox -e pin` makes such an environment with the newest versions of everything and runs it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAD = "# What the tests run with; renewed by `tox -e pin`.\n"


def main() -> None:
    command = [sys.executable, "-m", "pip", "freeze", "--exclude-editable"]
    frozen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kept = [line for line in frozen.splitlines() if " @ " not in line]
    place = Path(__file__).with_name("constraints.txt")
    place.write_text(HEAD + "\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
