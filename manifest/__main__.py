"""`python -m manifest [target]`: build the Teams app package, build/doorman.zip unless told otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

from manifest.build import ManifestError, build, load_manifest_settings


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else Path("build/doorman.zip")
    try:
        written = build(load_manifest_settings(), target)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{written}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
