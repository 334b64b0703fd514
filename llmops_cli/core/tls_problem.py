"""Why two machines do not trust each other, out of the exception that an HTTP library wraps it in."""

from __future__ import annotations

_EXPIRED, _NOT_YET, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NO_ISSUER, _OTHER_NAME, _OTHER_ADDRESS = (
    10,
    9,
    18,
    19,
    20,
    62,
    64,
)
_REASONS = {
    _EXPIRED: "its certificate has expired",
    _NOT_YET: "its certificate is not valid yet; is this machine's clock right?",
    _SELF_SIGNED: "its certificate is self-signed and not known here",
    _SELF_SIGNED_IN_CHAIN: "its certificate was issued by an authority that is not known here",
    _NO_ISSUER: "its certificate was issued by an authority that is not known here",
    _OTHER_NAME: "its certificate is for another name",
    _OTHER_ADDRESS: "its certificate is for another name",
}
"""X509_V_ERR_… of OpenSSL's x509_vfy.h."""


def tls_problem(error: BaseException) -> str:
    """Return in words why TLS failed, empty when the error has nothing to do with TLS."""
    import ssl  # noqa: PLC0415 - only when something failed

    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _REASONS.get(cause.verify_code, f"its certificate is not trusted: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            reason = (cause.reason or "").lower().replace("_", " ")
            return "it does not speak TLS there" if reason == "wrong version number" else f"TLS failed: {reason}"
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return ""
