"""Who gets the candidate of a canary: flagd's `fractional`, so that every reader decides alike.

flagd hashes the CBOR form of the bucketing text with MurmurHash3 (x86, 32 bit, seed 0) and takes
`hash * total weight >> 32` as the bucket. The candidate has the first buckets: whoever has it at 10% keeps
it at 25%. Sources: flagd's specification of custom operations, and MurmurHash3 by Austin Appleby.
"""

from __future__ import annotations

_MASK = 0xFFFFFFFF
_SHORT_TEXT, _BYTE, _TWO_BYTES = 24, 1 << 8, 1 << 16


def gets_candidate(salt: str, targeting_key: str, weight: int) -> bool:
    """Tell whether the bearer of `targeting_key` is among the `weight` percent; nobody without a key is."""
    if not targeting_key:
        return False
    return (murmur3_32(_cbor_text(salt + targeting_key)) * 100 >> 32) < weight


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """Return MurmurHash3_x86_32 as an unsigned number."""
    value = seed
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        value ^= _scrambled(int.from_bytes(data[start : start + 4], "little"))
        value = (_rotated(value, 13) * 5 + 0xE6546B64) & _MASK
    if whole < len(data):
        value ^= _scrambled(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    return value ^ value >> 16


def _scrambled(block: int) -> int:
    return _rotated(block * 0xCC9E2D51 & _MASK, 15) * 0x1B873593 & _MASK


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & _MASK


def _cbor_text(text: str) -> bytes:
    """Return the CBOR form of a text (RFC 8949, major type 3, shortest length)."""
    data = text.encode("utf-8", "replace")
    size = len(data)
    if size < _SHORT_TEXT:
        return bytes([0x60 + size]) + data
    if size < _BYTE:
        return bytes([0x78, size]) + data
    if size < _TWO_BYTES:
        return b"\x79" + size.to_bytes(2, "big") + data
    return b"\x7a" + size.to_bytes(4, "big") + data
