"""How people type: letters of every width, stretched words, slips of the thumb."""

import re
import unicodedata

from notifications.replies import words

INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\ufe0f]")
TOKEN = re.compile(r"\d+|[^\W\d_]+|[👍👎🛑📵🚫]|[.!?;,:\n。！？，；]")
HAN = re.compile("[\u3400-\u9fff]+")
STRETCHED = re.compile(r"(\w)\1{2,}")
DOUBLED = re.compile(r"(\w)\1+")
# A slip in the middle of a sentence is put right only where it can be no other word.
SLIPS = dict.fromkeys("stpo sotp tsop stp stopp sttop sstop".split(), "stop") | dict.fromkeys(
    "unsubscibe unsuscribe unsubcribe unsubscrib unsubscribed unsubsribe".split(), "unsubscribe"
)
# One letter away from a keyword, and words of their own.
OTHERS = frozenset(
    "shop step top stow slop stomp strop stops spot atop chop stoke quiet quite quilt suit quits quiz quip quid revoked"
    " evoke cancels canceled cancelled chancel subscribe subscribed stock stool story stoic".split()
)
_KNOWN_HAN = sorted(
    {
        word
        for name in ("yes", "no", "fillers", "polite_no", "everything", "confirm", "start", "help", "stop", "courtesy")
        for word in words.every(name)
        if HAN.fullmatch(word)
    },
    key=len,
    reverse=True,
)
HAN_WORD = re.compile("|".join([*_KNOWN_HAN, "."]))


def clauses(text: str) -> str:
    """Lower case, one space between words, “.” at the end of a clause; stretched words and slips put right."""
    letters = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    letters = re.sub("[’'`´]", " ", letters)
    spaced = " ".join(_word(token) for token in TOKEN.findall(letters))
    return re.sub(r"(?: \.)+(?= |$)", " .", spaced).strip(" .")


def words_of(clauses: str) -> list[str]:
    """Its words; what is known of a run of Chinese is cut out of it."""
    found = [word for word in clauses.split() if word != "."]
    return [part for word in found for part in (HAN_WORD.findall(word) if HAN.fullmatch(word) else [word])]


def fold(text: str) -> str:
    """Without accents."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def is_like(word: str, keywords: frozenset[str]) -> bool:
    """One slip away from a keyword of four letters or more, two from a long one, and no word of its own."""
    if word in OTHERS:
        return False
    short = DOUBLED.sub(r"\1", word)
    for keyword in keywords:
        if short == DOUBLED.sub(r"\1", keyword) and word[:1] == keyword[:1]:
            return True
        if len(keyword) >= 4 and _slips(word, keyword) <= (2 if len(keyword) >= 10 else 1):
            return True
    return False


def _word(token: str) -> str:
    if not token[0].isalnum() and token not in "👍👎🛑📵🚫":
        return "."
    if token.isdecimal():
        return token
    return SLIPS.get(squeezed := STRETCHED.sub(r"\1", token), squeezed)


def _slips(one: str, other: str) -> int:
    """Letters left out, put in, changed or swapped with their neighbour, between two words (Damerau, Levenshtein)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, target in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != target))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == target:
                least = min(least, older[j - 2] + 1)
            row.append(least)
    return row[-1]
