"""Texts in the encodings of the world, as servers and pages name them: rightly, wrongly, or not at all."""

import pytest

from tools.web.decoding import decode

CHINESE = "北京是中华人民共和国的首都，位于华北平原的北部。今天的天气晴朗，适合外出游玩。"
TAIWANESE = "臺北市是中華民國的首都，位於臺灣北部的臺北盆地。今天天氣晴朗，適合外出遊玩。"
JAPANESE = "東京は日本の首都であり、人口は約千四百万人です。今日の天気は晴れです。カタカナの言葉もあります。"
KOREAN = "서울은 대한민국의 수도이며 인구는 약 천만 명이다. 오늘은 날씨가 맑고 나들이하기 좋은 날이다."
RUSSIAN = "Москва является столицей Российской Федерации. Сегодня хорошая погода, солнце и ветер."


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("gb2312", "gb18030", "朱镕基 € 㐂"),  # what is only in wider ones
        ("GBK", "gb18030", "㐂"),
        ("gb_2312-80", "gbk", "镕"),
        ("shift_jis", "cp932", "①㈱髙"),
        ("x-sjis", "cp932", "①㈱髙"),
        ("windows-31j", "cp932", "①"),
        ("cp932", "cp932", "①"),
        ("euc-kr", "cp949", "똠방각하"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("windows-949", "cp949", "똠"),
        ("cp949", "cp949", "똠"),
        ("big5", "big5hkscs", "嘅咗"),
        ("euc-jp", "euc_jp", JAPANESE),
        ("iso-2022-jp", "iso2022_jp", JAPANESE),
        ("hz-gb-2312", "hz", "北京"),
        ("iso-8859-1", "cp1252", "“Größe” – 5 €"),
        ("latin-1", "cp1252", "“Größe” – 5 €"),
        ("latin1", "cp1252", "“Größe” – 5 €"),
        ("us-ascii", "cp1252", "“Größe” – 5 €"),
        ("iso-8859-9", "cp1254", "“İstanbul” 5 €"),
        ("tis-620", "cp874", "กรุงเทพ…"),
        (" KOI8-R ", "koi8_r", RUSSIAN),
        ("utf-16", "utf-16-le", "Größe"),
    ],
)
def test_a_label_is_read_as_browsers_read_it(label, encoding, text):
    assert decode(text.encode(encoding), label) == text
    if encoding != "utf-16-le":
        page = f'<meta charset="{label.strip()}"><p>'.encode() + text.encode(encoding)
        assert decode(page, None, is_html=True).endswith(text)


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("gb2312", "gb18030", CHINESE),
        ("shift_jis", "cp932", JAPANESE),
        ("euc-kr", "cp949", KOREAN),
        ("utf-8",) * 2 + (KOREAN,),
    ],
)
def test_a_wrong_byte_spoils_one_character_and_not_the_page(label, encoding, text):
    read = decode(text.encode(encoding) + b"\x81." + text.encode(encoding), label)
    assert read.startswith(text) and read.endswith(text) and "\ufffd" in read


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", CHINESE),
        ("big5", TAIWANESE),
        ("cp932", JAPANESE),
        ("euc_jp", JAPANESE),
        ("cp949", KOREAN),
        ("cp1251", RUSSIAN),
        ("koi8_r", RUSSIAN),
        ("cp1252", "Die Größe der Straße ist für Fußgänger schön – voilà."),
    ],
)
@pytest.mark.parametrize("label", [None, "utf-8"])
def test_what_is_not_declared_or_declared_wrongly_is_guessed(encoding, text, label):
    page = f"<html><title>{'x' * 500}</title><body><p class='a'>".encode() + text.encode(encoding)
    assert decode(page, label, is_html=True).endswith(text)


def test_utf_8_is_seen_where_an_old_name_stands_on_it():
    assert decode("Größe €".encode(), "iso-8859-1") == "Größe €"
    assert decode(b'<meta charset="utf-16"><p>' + "Größe".encode(), None, is_html=True).endswith("Größe")


@pytest.mark.parametrize(
    "label", ["punycode", "idna", "utf-7", "rot13", "base64", "zlib", "unicode_escape", "a\0b", "ü" * 99]
)
def test_an_encoding_that_is_not_for_pages_is_not_used(label):
    assert decode(b"xn--a- \\u0041 +AGE-", label) == "xn--a- \\u0041 +AGE-"
