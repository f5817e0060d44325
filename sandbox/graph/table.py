"""Everything that this Graph can do: the tables of its two services in one."""

from __future__ import annotations

from typing import Final

from sandbox.graph.operations import Operation
from sandbox.graph.table_administration import ADMINISTRATION
from sandbox.graph.table_applications import APPLICATIONS
from sandbox.graph.table_directory import DIRECTORY
from sandbox.graph.table_directory_writes import DIRECTORY_WRITES
from sandbox.graph.table_entitlement import ENTITLEMENT
from sandbox.graph.table_memberships import MEMBERSHIPS
from sandbox.graph.table_reports import REPORTS
from sandbox.graph.table_reviews import REVIEWS

OPERATIONS: Final[tuple[Operation, ...]] = (
    *DIRECTORY,
    *DIRECTORY_WRITES,
    *MEMBERSHIPS,
    *APPLICATIONS,
    *REPORTS,
    *REVIEWS,
    *ENTITLEMENT,
    *ADMINISTRATION,
)
