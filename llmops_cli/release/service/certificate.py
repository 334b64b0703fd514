"""The certificate of the service, looked at before anybody connects: a pair that fits, readable, and not expired."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NoReturn

from llmops_cli.core.errors import UsageError
from llmops_cli.core.tls_problem import tls_problem

if TYPE_CHECKING:
    from pathlib import Path


def check_certificate(certificate: Path, key: Path) -> str:
    """Return what clients will not like about the certificate, empty when it is good.

    Raises:
        UsageError: the files are no certificate and key, do not fit, or the key has a passphrase.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except ssl.SSLError as error:
        reason = error.reason or ""
        if "MISMATCH" in reason:
            message = "the key does not belong to the certificate."
            raise UsageError(message, where=str(key)) from None
        message = "these are no certificate chain and private key in PEM form."
        raise UsageError(message, where=f"{certificate}, {key}") from None
    except OSError as error:
        message = f"the certificate or its key cannot be read: {error.strerror or error}."
        raise UsageError(message, where=str(error.filename or key)) from None
    return _refused_by_clients(context, certificate)


def _no_passphrase() -> NoReturn:
    # without this OpenSSL asks at the terminal, and a service has none
    message = "the key has a passphrase, which nobody can type when the service starts."
    raise UsageError(message, hint="Take the passphrase off: openssl pkey -in KEY -out PLAIN_KEY")


def _refused_by_clients(server_context: ssl.SSLContext, certificate: Path) -> str:
    """Shake hands within this process, as a client that trusts exactly this certificate."""
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.load_verify_locations(certificate)
    client_context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return tls_problem(error)
    return ""
