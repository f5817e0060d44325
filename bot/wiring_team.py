"""Projects, who may look at them, and what their leads may do, put together."""

from __future__ import annotations

from bot.clock import Clock
from bot.config import Config
from bot.configured_projects import configured_projects
from bot.graph.inviter import GuestInviter
from bot.graph.team_reader import TeamGraph
from bot.services.administrators import Administrators
from bot.services.guests import Invitations
from bot.services.project_packages import ProjectPackages
from bot.services.projects import Projects
from bot.services.single_changes import SingleChanges
from bot.services.team import TeamDesk
from bot.services.team_rights import TeamRights
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.wiring_parts import GraphSide


class Teams:
    def __init__(self, config: Config, store: Store, clock: Clock, graph: GraphSide) -> None:
        identity = graph.identity
        self.projects = Projects(configured_projects(config), graph.reader)
        reader = TeamGraph(graph.client, identity.app.graph)
        packages = ProjectPackages(reader)
        self._packages, self._reader, self._clock = packages, reader, clock
        administrators = Administrators(config.administrators, graph.reader)
        self.desk = TeamDesk(packages, reader, clock)
        self.rights = TeamRights(self.projects, packages, reader, graph.reader, administrators, clock)
        invitation = config.enrolment.invitation
        inviter = (
            GuestInviter(
                graph.client,
                identity.writer.graph,
                redirect_url=invitation.redirect_url,
                message=invitation.message,
            )
            if identity.writer
            else None
        )
        self.invitations = Invitations(store, self.projects, inviter, config.enrolment.guest_domains, clock)

    def single_changes(self, store: Store, jobs: Scheduler) -> SingleChanges:
        return SingleChanges(self._packages, self._reader, store, jobs, self._clock)
