"""`doorman evidence`: what can be proved about one assignment, in a file that nobody can change unseen."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from bot.cli.auditing import database, note
from bot.cli.exit_codes import Exit
from bot.cli.explained_reads import explain_work
from bot.cli.running import Stop, guarded, with_session
from bot.cli.session import Session
from bot.cli.settings import CliSettings
from bot.clock import Clock
from bot.graph.evidence import EvidenceGraph
from bot.plans.evidence import Keys, Pack, check_signature, make_pack, opened, read_pack, write_pack
from bot.services.evidence import EvidenceDesk
from bot.services.grants import GrantDesk

NAME: Final = "evidence"
group = typer.Typer(help="What can be proved about one assignment.", no_args_is_help=True)

KeyFile = Annotated[
    Path, typer.Option("--keys", help="The file with a key for each person; made when it is not there.")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for machines.")]
_OWNER_ONLY: Final = 0o600


@group.command("export")
def export(
    assignment: Annotated[str, typer.Argument(help="The id of the assignment.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    keys: KeyFile = Path("evidence.keys.json"),
    signer: Annotated[Path | None, typer.Option("--sign-with", help="A private Ed25519 key in PEM.")] = None,
    as_json: Json = False,
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")
    ] = False,
) -> None:
    """Write the evidence pack of an assignment. With DATABASE_URL set, what Doorman itself knows is in it."""
    if is_explained:

        async def explain(session: Session, _: CliSettings) -> None:
            reader = EvidenceGraph(session.client, session.tokens.graph, identity="pipeline")
            await EvidenceDesk(reader, GrantDesk(reader), None).collect(assignment, session.clock.now())

        explain_work(explain, as_json)
    known = _keys(keys)
    private = _private_key(signer) if signer is not None else None

    async def work(session: Session, settings: CliSettings) -> Exit:
        reader = EvidenceGraph(session.client, session.tokens.graph, identity="pipeline")
        async with database(os.environ, session.clock) as store:
            facts = await EvidenceDesk(reader, GrantDesk(reader), store).collect(assignment, session.clock.now())
        pack = make_pack(facts, known, private)
        _write(keys, known.dump())  # before the pack: one without its keys could never be read
        _write(out, write_pack(pack))
        told = f"{out}: {len(pack.records)} records. Keep this seal somewhere else: {pack.seal}"
        typer.echo(_pack_json(out, pack) if as_json else told)
        return Exit.DONE

    with_session(work)


@group.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="The evidence pack.")],
    seal: Annotated[str, typer.Option(help="The seal that was kept; the pack must be that one.")] = "",
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Prove that every box opens, and show what is in it.")
    ] = None,
    signer: Annotated[Path | None, typer.Option("--signed-by", help="The signer's public key in PEM.")] = None,
    as_json: Json = False,
) -> None:
    """Prove that no byte of a pack was changed. Needs no network, and no keys."""

    def work() -> Exit:
        pack = read_pack(file.read_bytes())
        if seal and seal.strip().casefold() != pack.seal:
            raise Stop(f"{file}: this is another pack than the one with the seal {seal}")
        if signer is not None:
            check_signature(pack, _public_key(signer))
        if keys is not None and not as_json:
            _show(pack, Keys.load(keys.read_bytes()))
        told = f"{file}: {len(pack.records)} records, nothing was changed. Seal {pack.seal}"
        typer.echo(_pack_json(file, pack) if as_json else told)
        return Exit.DONE

    guarded(work)


@group.command("erase")
def erase(
    person: Annotated[str, typer.Argument(help="The object id of the person.")],
    keys: KeyFile = Path("evidence.keys.json"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Destroy a person's key: nothing about them in any pack can be read any more. The packs stay provable."""

    def work() -> Exit:
        known = _keys(keys)
        if known.keys.pop(person, None) is None:
            raise Stop(f"{keys} holds no key of {person}")
        if dry_run:
            could = f"{person} could be read in no pack any more."
            typer.echo(_erased_json(person, keys, erased=False) if as_json else could)
            return Exit.CHANGES
        asyncio.run(note("evidence", "erase", person, keys, Clock()))
        _write(keys, known.dump())
        told = f"{person} can be read in no pack any more. Delete copies of {keys}, too."
        typer.echo(_erased_json(person, keys, erased=True) if as_json else told)
        return Exit.DONE

    guarded(work)


def _erased_json(person: str, keys: Path, *, erased: bool) -> str:
    return json.dumps({"person": person, "keys": str(keys), "erased": erased})


def _pack_json(file: Path, pack: Pack) -> str:
    return json.dumps({"file": str(file), "records": len(pack.records), "seal": pack.seal})


def _show(pack: Pack, keys: Keys) -> None:
    for record, texts in zip(pack.records, opened(pack, keys), strict=True):
        typer.echo(f"{record.kind}: {json.dumps(record.open, ensure_ascii=False)}")
        for name, text in texts:
            typer.echo(f"  {name}: {text if text is not None else '(erased)'}")


def _keys(file: Path) -> Keys:
    return Keys.load(file.read_bytes()) if file.exists() else Keys()


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, and readable by its owner alone."""
    beside = file.with_name(file.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


def _private_key(file: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise typer.BadParameter(f"{file} holds no private Ed25519 key")
    return key


def _public_key(file: Path) -> Ed25519PublicKey:
    key = load_pem_public_key(file.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise Stop(f"{file} holds no public Ed25519 key")
    return key
