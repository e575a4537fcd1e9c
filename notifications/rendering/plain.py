"""What a text costs: its segments, and the letters that would cost one more. Counted here, for `smsutil`, to which
tests hold it, takes milliseconds for what every text is asked several times."""

import unicodedata
from string import ascii_letters, digits

from notifications.rendering import links

TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
EXTENDED = frozenset("\f^{}\\[~]|€")  # of GSM-7, at two places each
GSM_7 = frozenset(
    ascii_letters + digits + "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
)
GSM_ROOM, UCS_ROOM = (160, 153), (70, 67)  # places, or UTF-16 units: of a text alone, of a part


def segments(text: str) -> int:
    """As the carrier counts them, with a link of the length ours have."""
    text = links.fill_with_stand_in(text)
    if is_plain(text):
        (most, part), widths = GSM_ROOM, [2 if letter in EXTENDED else 1 for letter in text]
    else:
        (most, part), widths = UCS_ROOM, [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    return int(bool(text)) if sum(widths) <= most else _parts(widths, part)


def _parts(widths: list[int], part: int) -> int:
    """How many parts of so many places; no letter is cut in two."""
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count


def plain(text: str) -> str:
    """The same without letters that would halve the room, where those of GSM-7 can say it."""
    if is_plain(text):
        return text
    text = text.translate(TYPOGRAPHY)
    letters = "".join(letter if is_plain(letter) else _base(letter) for letter in text)
    return letters if is_plain(letters) else text


def is_plain(text: str) -> bool:
    """Whether it is written in the letters of GSM-7 alone."""
    return GSM_7.issuperset(text) or (GSM_7 | EXTENDED).issuperset(text)


def _base(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
