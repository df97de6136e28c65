"""TLS: the user's certificate, or one of our own, which is enough for a browser to lend its camera."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from fer_ros.core.base import files, paths
from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.dashboard.serving.access import machine_names
from fer_ros.dashboard.serving.links import addresses
from fer_ros.dashboard.settings import DashboardSettings

#: Days that our own certificate is good for: browsers refuse those of more than 825 (Apple's rule of 2019).
DAYS = 820


def context(settings: DashboardSettings) -> ssl.SSLContext | None:
    """The server's TLS context; None for plain HTTP.

    :raises ConfigError: a file is missing or of another kind, or key and certificate do not fit.
    """
    if not settings.secure:
        return None
    certificate, key = (Path(text).expanduser() for text in (settings.certificate, settings.key))
    if settings.self_signed:
        certificate, key = own_certificate()
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    for file in (certificate, key):
        if not file.is_file():
            raise ConfigError(f"there is no file {quoted(str(file))}: give certificate and key as PEM files")
    try:
        # Never ask for a password: nobody sits there.
        made.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{certificate} and {key} are no certificate and key that fit: {reason(error)}") from error
    return made


def own_certificate() -> tuple[Path, Path]:
    """The certificate and key in ``$FER_HOME/tls``; made if they are missing or no longer fit this machine.

    It stays the same over restarts, so a phone asks its user only once.

    :raises ConfigError: they cannot be made.
    """
    folder = paths.fer_home() / "tls"
    certificate, key, mark = folder / "certificate.pem", folder / "key.pem", folder / "names"
    names = sorted({"localhost", *machine_names(), "127.0.0.1", *addresses()})
    stated = "\n".join(names)
    try:
        fresh = mark.read_text() == stated and _days_left(certificate) > 0 and key.is_file()
    except OSError:
        fresh = False
    if not fresh:
        try:
            paths.private_folder(folder)
            public, private = _make(names)
            files.write_atomic(key, private, mode=0o600)
            files.write_atomic(certificate, public)
            files.write_atomic(mark, stated.encode())
        except OSError as error:
            raise ConfigError(f"a certificate cannot be made in {folder}: {reason(error)}") from error
    return certificate, key


def _days_left(certificate: Path) -> float:
    age = datetime.datetime.now().timestamp() - os.stat(certificate).st_mtime
    return DAYS - age / 86_400


def _make(names: list[str]) -> tuple[bytes, bytes]:
    """A certificate for these names and addresses, and its key, as PEM."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    except ImportError as error:
        raise ConfigError("self_signed needs the package cryptography: `pip install cryptography`") from error
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fer_ros dashboard")])
    now = datetime.datetime.now(datetime.timezone.utc)
    alternatives: list[x509.GeneralName] = []
    for text in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            alternatives.append(x509.DNSName(text))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
