"""Encryption of single values, and of keys for another machine's eyes; both ends use it.

Values: AES-256-GCM with the record and field as associated data. Keys: X25519 with a fresh key per seal, HKDF-SHA256,
AES-256-GCM. `cryptography` is imported when first used: it must not stand before the first screen.
"""

from __future__ import annotations

import hashlib
import hmac
import os

_NONCE = 12
_PUBLIC = 32


def seal(key: bytes, value: bytes, *, record_id: bytes, field: str) -> bytes:
    """Return nonce + ciphertext + tag of `value` under the 32-byte `key`, bound to its record and field."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, record_id + field.encode())


def unseal(key: bytes, sealed: bytes, *, record_id: bytes, field: str) -> bytes:
    """Return the value in `sealed`; raises ValueError where key, record, field or bytes do not match."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], record_id + field.encode())
    except InvalidTag as error:
        raise ValueError("does not open with this key") from error


def public_box_key(private: bytes) -> bytes:
    """Return the X25519 public key (32 bytes) of a raw private one."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def public_sign_key(private: bytes) -> bytes:
    """Return the Ed25519 public key (32 bytes) of a raw private one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal_to(public: bytes, value: bytes, *, purpose: str) -> bytes:
    """Return `value` so that only the owner of the X25519 key `public` can open it; `purpose` is bound in."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    fresh = X25519PrivateKey.generate()
    mine = fresh.public_key().public_bytes_raw()
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(public))
    return mine + seal(_derived(shared, mine, public), value, record_id=b"", field=purpose)


def open_sealed(private: bytes, sealed: bytes, *, purpose: str) -> bytes:
    """Return what `seal_to` put in for the owner of the X25519 key `private`; ValueError where it does not open."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    theirs = sealed[:_PUBLIC]
    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(theirs))
    return unseal(_derived(shared, theirs, public_box_key(private)), sealed[_PUBLIC:], record_id=b"", field=purpose)


def _derived(shared: bytes, sender: bytes, receiver: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=b"butler seal 1" + sender + receiver).derive(shared)


def passphrase_box_key(passphrase: str, salt: bytes) -> bytes:
    """Return the X25519 private key that a recovery passphrase stands for, by argon2id with its 16-byte salt.

    Takes about a second and 128 MiB, by design: a passphrase is guessed at that price, one guess after the other.
    """
    from argon2.low_level import Type, hash_secret_raw

    raw = passphrase.encode("utf-8", "surrogatepass")
    return hash_secret_raw(raw, salt, time_cost=4, memory_cost=128 * 1024, parallelism=4, hash_len=32, type=Type.ID)


def match_key(key: bytes, kind: str, value: str) -> bytes:
    """Return the 16-byte keyed hash by which the same phone or document is found again without being read."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), hashlib.sha256)[:16]
