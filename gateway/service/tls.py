"""TLS of the host: from files, or made on the fly for development. 1.2 or newer, nothing else."""

from __future__ import annotations

import ipaddress
import os
import ssl
import stat
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.formats.files import reasons
from gateway.formats.library_reasons import told
from gateway.model.finding import Refused, finding

_DAYS = 30
_UNREADABLE = "one of them is not PEM, or the passphrase of the key is missing or wrong"


@dataclass(frozen=True)
class Tls:
    """A context for the server, the host names of its certificate, and the certificate's SHA-256."""

    context: ssl.SSLContext
    names: tuple[str, ...]
    fingerprint: str
    certificate: bytes


def tls_of_files(certificate: Path, key: Path, passphrase: bytes | None, now: datetime) -> Tls:
    """TLS with a certificate chain and a private key in PEM.

    Raises Refused: KEY-MODE when others can reach the key, READ-CANNOT-OPEN, SERVE-TLS where the two do not fit,
    the passphrase is missing or wrong, or the certificate is not valid now.
    """
    pem = _read(certificate)
    _private(key)
    try:
        read = x509.load_pem_x509_certificate(pem)
        if not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
            raise _refused(
                certificate, f"valid from {read.not_valid_before_utc} to {read.not_valid_after_utc}"
            )
        context = _context()
        context.load_cert_chain(certificate, key, password=lambda: passphrase or b"")
    except (ssl.SSLError, ValueError, OSError) as error:
        raise _refused(certificate, getattr(error, "reason", None) or _UNREADABLE) from None
    return Tls(context, _names(read), read.fingerprint(SHA256()).hex(), pem)


def self_signed(names: tuple[str, ...], now: datetime) -> Tls:
    """A certificate for development, made here and kept nowhere: callers trust it by its fingerprint or its PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cbamgw development")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    context = _context()
    with tempfile.TemporaryDirectory(
        prefix="cbamgw-"
    ) as folder:  # mode 0700; OpenSSL reads keys from files only
        both = Path(folder) / "both.pem"
        both.touch(mode=0o600)
        both.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
        context.load_cert_chain(both)
    return Tls(context, names, made.fingerprint(SHA256()).hex(), pem)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = map(str, named.get_values_for_type(x509.IPAddress))
    return (*named.get_values_for_type(x509.DNSName), *addresses)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=file, **reasons(error))) from None


def _private(file: Path) -> None:
    try:
        mode = os.stat(file).st_mode
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=file, **reasons(error))) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(finding("KEY-MODE", stage="serve", file=file, mode=f"{stat.S_IMODE(mode):04o}"))


def _refused(file: Path, reason: object) -> Refused:
    return Refused(finding("SERVE-TLS", stage="serve", file=file, **told(reason)))
