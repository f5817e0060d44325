"""The access packages that match what somebody typed, each with a button that opens its form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackageLine:
    access_package_id: str
    name: str
    description: str = ""
    catalog_name: str = ""


@dataclass(frozen=True, slots=True)
class PackagesView:
    title: str
    packages: tuple[PackageLine, ...]  # at most eight are shown
    intro: str = ""
    more_count: int = 0  # how many further matches are not shown
