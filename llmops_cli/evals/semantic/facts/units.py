"""Units by name: what they measure, and how much of its basic unit each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE: Mapping[str, Mapping[str, float]] = {
    "time": {
        "millisecond milliseconds ms": 0.001,
        "second seconds sec secs s": 1,
        "minute minutes min mins": 60,
        "hour hours hr hrs h": 3600,
        "day days": 86_400,
        "week weeks": 604_800,
        "fortnight fortnights": 1_209_600,
        "month months": 2_592_000,
        "quarter quarters": 7_776_000,
        "year years yr yrs": 31_536_000,
        "decade decades": 315_360_000,
    },
    "length": {
        "millimetre millimetres millimeter millimeters mm": 0.001,
        "centimetre centimetres centimeter centimeters cm": 0.01,
        "metre metres meter meters m": 1,
        "kilometre kilometres kilometer kilometers km": 1000,
        "inch inches": 0.0254,
        "foot feet ft": 0.3048,
        "yard yards": 0.9144,
        "mile miles mi": 1609.344,
    },
    "mass": {
        "microgram micrograms mcg µg": 1e-6,
        "milligram milligrams mg": 0.001,
        "gram grams g": 1,
        "kilogram kilograms kilo kilos kg": 1000,
        "tonne tonnes ton tons": 1_000_000,
        "ounce ounces oz": 28.349523,
        "pound pounds lb lbs": 453.59237,
    },
    "volume": {
        "millilitre millilitres milliliter milliliters ml": 0.001,
        "litre litres liter liters l": 1,
        "gallon gallons": 3.785412,
    },
    "data": {
        "byte bytes": 1,
        "kilobyte kilobytes kb": 1e3,
        "megabyte megabytes mb": 1e6,
        "gigabyte gigabytes gb": 1e9,
        "terabyte terabytes tb": 1e12,
    },
    "percent": {"% percent percentage": 1},
    "power": {"watt watts w": 1, "kilowatt kilowatts kw": 1000, "megawatt megawatts mw": 1e6},
    "dollars": {"$ dollar dollars usd": 1, "cent cents": 0.01},
    "euros": {"€ euro euros eur": 1},
    "pounds sterling": {"£ gbp": 1},
    "yen": {"¥ yen jpy": 1},
    "degrees Celsius": {"celsius °c": 1},
    "degrees Fahrenheit": {"fahrenheit °f": 1},
}

UNITS: Mapping[str, tuple[str, float]] = {
    name: (kind, factor) for kind, rows in _TABLE.items() for names, factor in rows.items() for name in names.split()
}
"""Name of a unit, in lower case → what it measures, and its size."""

LETTERS_ONLY_AFTER_DIGITS = frozenset({"s", "h", "m", "g", "l", "w"})
"""Units of one letter count only right behind a number in digits."""

CURRENCY_SIGNS = frozenset("$€£¥")

ROUGH = frozenset({"month", "months", "quarter", "quarters", "year", "years", "decade", "decades", "yr", "yrs"})
"""Units whose length is not fixed: a month is 28 to 31 days."""
