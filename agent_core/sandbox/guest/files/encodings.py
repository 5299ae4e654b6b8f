"""Guesses the encoding of text that is not UTF-8, and whose letters are mostly not those of ASCII."""

import codecs
import importlib.util

_LOOKED_AT = 16_384  # bytes
_KANA = range(0x3040, 0x3100)
# Encodings of two bytes for a character: what bytes the common characters begin with, the narrowest range first.
_EAST_ASIAN = {
    "cp949": range(0xB0, 0xC9),
    "cp932": range(0x88, 0x98),
    "euc_jp": range(0xB0, 0xD0),
    "big5": range(0xA4, 0xC7),
    "gb18030": range(0xB0, 0xD8),
}
_SURE = 0.8  # share of common characters


def guess_encoding(data: bytes) -> str:
    """Return the name of the encoding in Python; "" if unknown.

    A few lines of Chinese, Japanese or Korean are told apart by how many of their characters are common ones.
    """
    shares = {encoding: _share_of_common(data[:_LOOKED_AT], encoding) for encoding in _EAST_ASIAN}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] >= _SURE else _by_statistics(data)


def _share_of_common(data: bytes, encoding: str) -> float:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data)  # the last character may be cut
    except UnicodeDecodeError:
        return 0.0
    letters = [character for character in text if ord(character) > 127]
    kana = sum(ord(character) in _KANA for character in letters)
    if encoding == "euc_jp" and not kana:  # without kana, it is rather Chinese
        return 0.0
    japanese = kana if encoding in ("cp932", "euc_jp") else 0
    common = sum(_is_common(character.encode(encoding), encoding) for character in letters)
    return (common + japanese) / len(letters) if letters else 0.0


def _is_common(code: bytes, encoding: str) -> bool:
    return len(code) == 2 and code[0] in _EAST_ASIAN[encoding] and (encoding != "cp949" or code[1] > 0xA0)


def _by_statistics(data: bytes) -> str:
    if importlib.util.find_spec("charset_normalizer") is None:
        return ""
    import charset_normalizer

    best = charset_normalizer.from_bytes(data[:_LOOKED_AT]).best()
    return best.encoding if best else ""
