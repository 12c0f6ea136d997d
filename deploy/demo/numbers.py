"""Numbers that are well formed and belong to nobody."""

from __future__ import annotations

_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_HALF_THE_RANGE = 500_000


def nhs_number(serial: int) -> str:
    """The NHS number of a serial number below 500,000: from the range 999, which is never given out.

    The check digit is by Modulus 11 (NHS Data Dictionary). One number in eleven has none; for those the same
    number in the other half of the range has one.
    """
    check = _nhs_check(f"999{serial:06d}")
    if check == 10:
        serial += _HALF_THE_RANGE
        check = _nhs_check(f"999{serial:06d}")
    return f"999{serial:06d}{check}"


def _nhs_check(digits: str) -> int:
    return -sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11


def upn(serial: int) -> str:
    """A unique pupil number, with its check letter (the DfE's guide: weights 2 to 13, modulus 23).

    No local authority has the number 999.
    """
    digits = f"999{serial:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(2, 14), strict=True))
    return _UPN_LETTERS[total % 23] + digits
