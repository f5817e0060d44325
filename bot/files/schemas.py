"""The JSON schemas of the YAML formats, for editors: `python -m bot.files.schemas docs/schemas` writes them anew."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from bot.files.companies_yaml import CompaniesPart
from bot.files.package_format import PackagesFile
from bot.files.project_format import ProjectsFile

FORMATS: Final[Mapping[str, type[BaseModel]]] = {
    "companies": CompaniesPart,
    "packages": PackagesFile,
    "projects": ProjectsFile,
}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def main(folder: Path) -> None:
    for name, model in FORMATS.items():
        text = json.dumps(schema_of(model), indent=1, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
