"""What every part of the clients works with."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.connector.activities import Activities
from sandbox.connector.board import Board
from sandbox.connector.delivery import Delivery
from sandbox.connector.presence import Presence
from sandbox.connector.witness import Witness
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Kit:
    world: World
    board: Board
    presence: Presence
    activities: Activities
    delivery: Delivery
    witness: Witness
