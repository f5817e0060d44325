"""Everything that this Graph can do: the tables of its two services in one."""

from __future__ import annotations

from typing import Final

from sandbox.graph.operations import Operation
from sandbox.graph.table_directory import DIRECTORY
from sandbox.graph.table_entitlement import ENTITLEMENT

OPERATIONS: Final[tuple[Operation, ...]] = (*DIRECTORY, *ENTITLEMENT)
