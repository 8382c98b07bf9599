"""Two schemas → what differs, as data. Pure: where the schemas come from does not matter."""

from __future__ import annotations

from xcore_tools.database.comparison.compare import compare_schemas
from xcore_tools.database.comparison.differences import Change, Comparison, Difference, Rename

__all__ = ["Change", "Comparison", "Difference", "Rename", "compare_schemas"]
