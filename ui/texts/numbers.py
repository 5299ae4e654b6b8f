"""Numbers, and the plurals that follow them, as the language of the request has them; by Unicode's data (babel)."""

from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal

from ui.texts.languages import current_language

_MOST = 10**20


def number(value: float, digits: int = 0) -> str:
    """Return a number with so many digits after the point, and its thousands apart: 1,234.5 or 1.234,5."""
    return _number(current_language(), _bounded(value), digits)


def dollars(value: float) -> str:
    """Return a sum of money, such as $0.12; a small one with more digits."""
    digits = 2 if value >= 0.1 else 4
    locale = _locale(current_language())
    return format_currency(
        _bounded(value), "USD", locale=locale, currency_digits=False, format=_money(current_language(), digits)
    )


def plural_form(count: int) -> str:
    """Return the plural category of a number, such as "one" or "other"."""
    return _locale(current_language()).plural_form(count)


def _bounded(value: float) -> float:
    """Return the number, or the largest that babel can write: a server or a file can name any."""
    return max(min(value, _MOST), -_MOST)


@lru_cache(maxsize=10_000)
def _number(language: str, value: float, digits: int) -> str:
    return format_decimal(round(value, digits), _pattern(digits), locale=_locale(language))


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _money(language: str, digits: int) -> str:
    """Return the pattern of the language for sums of money, with so many digits."""
    return _locale(language).currency_formats["standard"].pattern.replace("0.00", _pattern(digits)[4:])
