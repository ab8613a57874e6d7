"""Writes ../ledger-python.json: salts, commitments, entries and leaf hashes.

They are computed from spec/ledger.md with the standard library alone:

    python3 ledger.py > ../ledger-python.json
"""

import base64
import hashlib
import hmac
import json
import struct

CASES = [
    # seed, organization id, event id, received_at in microseconds, canonical bytes
    (bytes(32), "", bytes(16), 0, b""),
    (bytes(range(32)), "org_1", bytes(range(16)), 1770978502120000, b'{"action":"a.b"}'),
    (b"\xff" * 32, "org_1", b"\xff" * 16, -1, b"{}"),
    (bytes(range(32)), "org_1\x00", bytes(range(16)), 1, b"{}"),
    (bytes(range(32)), "organisation-ü", bytes(range(16)), 2**63 - 1, "{\"name\":\"Zoë\"}".encode()),
    (bytes(range(31, -1, -1)), "o" * 200, bytes(range(15, -1, -1)), -(2**63), b"x" * 1000),
]


def vector(seed, organization, event_id, received_at, canonical):
    salt = hmac.new(seed, organization.encode() + event_id, hashlib.sha256).digest()[:16]
    commitment = hashlib.sha256(salt + canonical).digest()
    entry = struct.pack("<B16sq32s", 1, event_id, received_at, commitment)
    leaf_hash = hashlib.sha256(b"\x00" + entry).digest()
    return {
        "seed": seed.hex(),
        "organization": organization,
        "event_id": event_id.hex(),
        "received_at_micros": received_at,
        "canonical": canonical.hex(),
        "salt": salt.hex(),
        "commitment": commitment.hex(),
        "entry": entry.hex(),
        "leaf_hash": base64.b64encode(leaf_hash).decode(),
    }


print(json.dumps({"about": "Written by python/ledger.py.", "cases": [vector(*case) for case in CASES]}, indent=2, ensure_ascii=False))
