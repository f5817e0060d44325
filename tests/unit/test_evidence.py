"""Evidence packs: nobody changes a byte unseen, and a person can be erased."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.plans.evidence import (
    EvidenceError,
    Fact,
    Keys,
    Pack,
    Personal,
    check_signature,
    make_pack,
    opened,
    read_pack,
    write_pack,
)

RITA, MARC = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
FACTS = (
    Fact("assignment", {"id": "a1", "state": "delivered"}, [Personal(RITA, "name", "Rita Requester")]),
    Fact(
        "request", {"id": "r1"}, [Personal(RITA, "name", "Rita Requester"), Personal(RITA, "justification", "Für Q3")]
    ),
    Fact("decision", {"verdict": "Approve", "byId": MARC}, [Personal(MARC, "name", "Marc Manager")]),
    Fact("delivery", {"roles": [{"held": "yes"}]}),
)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def pack(keys: Keys) -> Pack:
    return make_pack(FACTS, keys)


def test_what_was_written_is_read_back_and_opens_with_its_keys(pack: Pack, keys: Keys) -> None:
    content = write_pack(pack)
    assert read_pack(content).seal == pack.seal
    assert b"Rita Requester" not in content
    assert opened(read_pack(content), Keys.load(keys.dump())) == [
        [("name", "Rita Requester")],
        [("name", "Rita Requester"), ("justification", "Für Q3")],
        [("name", "Marc Manager")],
        [],
    ]


def test_no_byte_can_be_changed_added_or_left_out(pack: Pack) -> None:
    content = write_pack(pack)
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(EvidenceError):
            read_pack(bytes(changed))
    for place in range(0, len(content), 7):
        for other in (content[:place] + content[place + 1 :], content[:place] + b" " + content[place:]):
            with pytest.raises(EvidenceError):
                read_pack(other)


def test_records_cannot_be_left_out_swapped_or_moved_between_packs(pack: Pack, keys: Keys) -> None:
    a, b, c, d = pack.records
    other = make_pack(FACTS[::-1], keys).records
    for records in ((b, c, d), (a, c, d), (a, c, b, d), (a, b, c, other[3]), ()):
        with pytest.raises(EvidenceError):
            read_pack(write_pack(Pack(tuple(records))))
    shortened = read_pack(write_pack(Pack((a, b, c))))
    assert shortened.seal != pack.seal  # which is why the seal is kept somewhere else, or the pack is signed


def test_an_erased_person_is_gone_and_the_chain_holds(pack: Pack, keys: Keys) -> None:
    content = write_pack(pack)
    del keys.keys[RITA]
    read_pack(content)
    assert opened(pack, keys)[1] == [("name", None), ("justification", None)]
    assert opened(pack, keys)[2] == [("name", "Marc Manager")]
    again = make_pack(FACTS, keys)  # a new key opens nothing that was closed before
    assert again.seal != pack.seal
    with pytest.raises(EvidenceError):
        opened(pack, keys)


def test_a_signature_is_of_its_signer_and_of_the_whole_pack(keys: Keys) -> None:
    signer, stranger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = make_pack(FACTS, keys, signer)
    check_signature(read_pack(write_pack(signed)), signer.public_key())
    for wrong, key in (
        (signed, stranger),
        (make_pack(FACTS, keys), signer),
        (Pack(signed.records[:2], signed.signature), signer),
    ):
        with pytest.raises(EvidenceError):
            check_signature(wrong, key.public_key())


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"[" * 50_000, json.dumps({"format": "x"}).encode()])
def test_what_is_no_pack_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(EvidenceError, match=r"^this is no evidence pack"):
        read_pack(content)
    with pytest.raises(EvidenceError):
        Keys.load(content)
