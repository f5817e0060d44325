"""An evidence pack: records in a chain of digests, with everything personal sealed under a key for each person.

Each record holds ids, states and moments in the open, and names and words in boxes. A box is encrypted with the key of
the person whom it is about. Digests are made over what is in the open and over the closed boxes, so the chain can be
checked by anybody, without any key; and when a person's key is destroyed, their boxes cannot be opened any more and
the chain still holds.

A pack is a file with exactly one way to write it: one byte more, less or different, and it is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.plans.digest import canonical, digest

FORMAT: Final = "doorman-evidence/1"
_START: Final = "0" * 64
_NONCE_BYTES: Final = 12


class EvidenceError(ValueError):
    """The pack is not what was written; the text says where, in one line."""


@dataclass(frozen=True, slots=True)
class Personal:
    """A name or words: whose they are, and what they say. `person` is an object id."""

    person: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened or holds. `open` must hold nothing personal but ids."""

    kind: str
    open: Mapping[str, Any]
    personal: Sequence[Personal] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A fact as it stands in a pack. `boxes` are closed."""

    kind: str
    open: Mapping[str, Any]
    boxes: Sequence[Mapping[str, str]]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Pack:
    records: tuple[Record, ...]
    signature: str = ""

    @property
    def seal(self) -> str:
        """The digest of everything: who keeps it elsewhere can prove that the whole pack is the one of that day."""
        return self.records[-1].hash if self.records else _START


@dataclass(slots=True)
class Keys:
    """The key of each person, by object id. Deleting one erases the person from every pack."""

    keys: dict[str, bytes] = field(default_factory=dict)

    def of(self, person: str) -> bytes:
        """The person's key, made on first use."""
        if person not in self.keys:
            self.keys[person] = AESGCM.generate_key(bit_length=256)
        return self.keys[person]

    def dump(self) -> bytes:
        shown = {person: base64.b64encode(key).decode() for person, key in sorted(self.keys.items())}
        return (json.dumps({"keys": shown}, indent=1) + "\n").encode()

    @classmethod
    def load(cls, content: bytes) -> Keys:
        """Raises EvidenceError."""
        try:
            told = json.loads(content)["keys"]
            return cls({str(person): base64.b64decode(key, validate=True) for person, key in told.items()})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise EvidenceError("this is no file of keys") from None


def make_pack(facts: Iterable[Fact], keys: Keys, signer: Ed25519PrivateKey | None = None) -> Pack:
    """The pack of these facts; keys that are missing are made and put into `keys`."""
    records: list[Record] = []
    previous = _START
    for number, fact in enumerate(facts):
        boxes = [_close(number, fact.kind, each, keys.of(each.person)) for each in fact.personal if each.person]
        made = _digest(number, fact.kind, fact.open, boxes, previous)
        records.append(Record(fact.kind, fact.open, boxes, previous, made))
        previous = made
    signature = base64.b64encode(signer.sign(previous.encode())).decode() if signer is not None else ""
    return Pack(tuple(records), signature)


def write_pack(pack: Pack) -> bytes:
    records = [
        {
            "kind": each.kind,
            "open": each.open,
            "boxes": list(each.boxes),
            "previous": each.previous,
            "hash": each.hash,
        }
        for each in pack.records
    ]
    whole = {"format": FORMAT, "records": records, "seal": pack.seal, "signature": pack.signature}
    return (json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def read_pack(content: bytes) -> Pack:
    """The pack in this file, proved whole: no byte differs from what was written. Raises EvidenceError."""
    pack = _parsed(content)
    previous = _START
    for number, record in enumerate(pack.records):
        if record.previous != previous:
            raise EvidenceError(f"record {number + 1} ({record.kind}) does not follow the one before it")
        if record.hash != _digest(number, record.kind, record.open, record.boxes, previous):
            raise EvidenceError(f"record {number + 1} ({record.kind}) is not what was written")
        previous = record.hash
    if write_pack(pack) != content:
        raise EvidenceError("the file is not written as packs are: something was added or changed between the records")
    return pack


def check_signature(pack: Pack, signer: Ed25519PublicKey) -> None:
    """Raises EvidenceError, also for a pack without a signature."""
    try:
        signer.verify(base64.b64decode(pack.signature, validate=True), pack.seal.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        raise EvidenceError("the signature is missing, or not of this signer") from None


def opened(pack: Pack, keys: Keys) -> list[list[tuple[str, str | None]]]:
    """What the boxes of each record say, by field; None where the key is gone. Raises EvidenceError."""
    found = []
    for number, record in enumerate(pack.records):
        texts: list[tuple[str, str | None]] = []
        for box in record.boxes:
            key = keys.keys.get(box["person"])
            texts.append((box["field"], None if key is None else _open(number, record.kind, box, key)))
        found.append(texts)
    return found


def _close(number: int, kind: str, personal: Personal, key: bytes) -> dict[str, str]:
    nonce = os.urandom(_NONCE_BYTES)
    place = _place(number, kind, personal.field, personal.person)
    content = nonce + AESGCM(key).encrypt(nonce, personal.text.encode(), place)
    return {"person": personal.person, "field": personal.field, "box": base64.b64encode(content).decode()}


def _open(number: int, kind: str, box: Mapping[str, str], key: bytes) -> str:
    try:
        content = base64.b64decode(box["box"], validate=True)
        place = _place(number, kind, box["field"], box["person"])
        return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], place).decode()
    except (InvalidTag, ValueError):
        raise EvidenceError(f"record {number + 1} ({kind}): {box['field']} does not open with this key") from None


def _place(number: int, kind: str, name: str, person: str) -> bytes:
    """What a box is bound to, so that none can be put into another's place."""
    return canonical([FORMAT, number, kind, name, person])


def _digest(number: int, kind: str, told: Mapping[str, Any], boxes: Sequence[Mapping[str, str]], previous: str) -> str:
    return digest([FORMAT, number, kind, told, [dict(box) for box in boxes], previous])


def _parsed(content: bytes) -> Pack:
    try:
        whole = json.loads(content)
        if whole["format"] != FORMAT:
            raise EvidenceError("this is no evidence pack of a kind that this version knows")
        records = tuple(
            Record(
                str(each["kind"]), dict(each["open"]), _boxes(each["boxes"]), str(each["previous"]), str(each["hash"])
            )
            for each in whole["records"]
        )
        if not records:
            raise EvidenceError("the pack is empty")
        return Pack(records, str(whole["signature"]))
    except EvidenceError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise EvidenceError("this is no evidence pack") from None


def _boxes(told: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{name: str(box[name]) for name in ("person", "field", "box")} for box in told]
