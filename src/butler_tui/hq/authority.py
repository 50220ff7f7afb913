"""HQ's own authority and the certificate it serves with; terminals trust the authority by its fingerprint."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from butler_tui.errors import WrongUsage
from butler_tui.hq.keys import Folder
from butler_tui.private_file import write_private
from butler_tui.text import safe
from butler_tui.words import N_

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
_RENEW_DAYS = 30
AUTHORITY = "authority.pem"
AUTHORITY_KEY = "authority.key"
SERVER = "server.pem"
"""The server's certificate with the authority behind it."""
SERVER_KEY = "server.key"

_General = x509.DNSName | x509.IPAddress


def make_authority(folder: Folder, now_ms: int) -> None:
    """Make HQ's authority (ECDSA P-256, 10 years) in `folder`; `now_ms` is UTC ms."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "butler HQ authority")])
    builder = _builder(name, name, key.public_key(), now_ms, _AUTHORITY_DAYS)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder, AUTHORITY_KEY, key)
    folder.file(AUTHORITY).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def make_server_certificate(folder: Folder, names: Sequence[str], now_ms: int) -> None:
    """Make the certificate that HQ serves with (397 days), for this machine and the extra `names`.

    Raises WrongUsage for a name that is none.
    """
    authority_key = serialization.load_pem_private_key(folder.file(AUTHORITY_KEY).read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    authority = x509.load_pem_x509_certificate(folder.file(AUTHORITY).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "butler HQ")])
    builder = _builder(subject, authority.subject, key.public_key(), now_ms, _SERVER_DAYS)
    certificate = (
        builder.add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write_key(folder, SERVER_KEY, key)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    folder.file(SERVER).write_bytes(pem + folder.file(AUTHORITY).read_bytes())


def renew_where_due(folder: Folder, names: Sequence[str], now_ms: int) -> bool:
    """Make a new server certificate where the present one ends in 30 days or lacks one of `names`; tell whether.

    It keeps the names that the present one has. Raises WrongUsage for a name that is none.
    """
    certificate = x509.load_pem_x509_certificates(folder.file(SERVER).read_bytes())[0]
    has = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    lacks = [name for name in names if _general(name) not in has]
    left = certificate.not_valid_after_utc - datetime.fromtimestamp(now_ms / 1000, UTC)
    if left > timedelta(days=_RENEW_DAYS) and not lacks:
        return False
    make_server_certificate(folder, [*(str(name.value) for name in has), *lacks], now_ms)
    return True


def fingerprint(folder: Folder) -> str:
    """Return the SHA-256 of the authority's DER as hex: what a terminal trusts it by."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(authority_pem(folder))).hexdigest()


def authority_pem(folder: Folder) -> str:
    """Return the authority's certificate as PEM."""
    return folder.file(AUTHORITY).read_text("ascii").strip()


def server_der(folder: Folder) -> bytes:
    """Return the certificate that HQ serves with, without the authority behind it, as DER."""
    certificate = x509.load_pem_x509_certificates(folder.file(SERVER).read_bytes())[0]
    return certificate.public_bytes(serialization.Encoding.DER)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_ms: int, days: int
) -> x509.CertificateBuilder:
    begins = datetime.fromtimestamp(now_ms / 1000, UTC) - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Sequence[str]) -> list[_General]:
    wanted = dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname(), *names])
    return [_general(name) for name in wanted if name]


def _general(name: str) -> _General:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode("ascii"))
    except ValueError as error:
        raise WrongUsage(N_("{text} is not the name of a computer."), text=safe(name)) from error


def _write_key(folder: Folder, name: str, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(folder.file(name), pem)
