"""From which directories an application is imported, and with which reasons.

evidence      one statement of one file
pyproject     what packaging and test settings in TOML state      (bytes → evidence)
setup_files   setup.py, setup.cfg, pytest.ini, tox.ini             (bytes → evidence)
sys_path      what a script does to `sys.path`                     (bytes → directories)
tally         what the imports of all files tell, in numbers
application   which files are the application's, not its tests'
decide        evidence and numbers → import roots: the one decision
gather        reads the files that state something
find          all of it for a walk
"""

from __future__ import annotations

from xcore_tools.discovery.roots.application import is_test, set_aside
from xcore_tools.discovery.roots.decide import Dispute, Roots, import_roots
from xcore_tools.discovery.roots.find import find_import_roots
from xcore_tools.discovery.roots.tally import Witness

__all__ = [
    "Dispute",
    "Roots",
    "Witness",
    "find_import_roots",
    "import_roots",
    "is_test",
    "set_aside",
]
