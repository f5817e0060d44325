"""Bring the catalogs up to date with the code, and say what they lack.

python -m translations          every language there is
python -m translations fr       French too, which is begun when there is no catalog of it yet
"""

from __future__ import annotations

import argparse
import sys

from babel import Locale, UnknownLocaleError

from bot.languages import available
from cards.language import ENGLISH
from translations.catalogs import path_of, problems, read, text_of, updated
from translations.sentences import sentences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", nargs="*", help="a tag such as fr or pt-BR")
    begun = parser.parse_args().language
    code = sentences()
    for tag in sorted({*available(), *begun} - {ENGLISH.tag}):
        try:
            Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            sys.stderr.write(f"{tag}: there is no such language\n")
            return 1
        catalog, path = read(tag), path_of(tag)
        updated(catalog, code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(tag, catalog), encoding="utf-8")
        lacking = problems(catalog, code)
        sys.stdout.write(f"{path}: {len(lacking) or 'nothing'} to do\n")
        sys.stdout.writelines(f"  {line}\n" for line in lacking)
    return 0


if __name__ == "__main__":
    sys.exit(main())
