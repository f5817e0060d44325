"""Durable background work; the one room that knows dbos."""

from bot.jobs.jobs import Jobs, running_jobs
from bot.jobs.work import JobSettings, Work

__all__ = ["JobSettings", "Jobs", "Work", "running_jobs"]
