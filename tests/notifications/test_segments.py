"""Segments as the carrier counts them: published cases, where the folder of samples lies beside the project."""

import json
from pathlib import Path
from random import Random

import pytest
import smsutil

from notifications import rendering
from notifications.rendering.plain import is_plain, plain

CASES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "sms_segments" / "twilio_segment_cases.json"


@pytest.mark.skipif(not CASES.exists(), reason="no ../shared/samples here: the carrier's own segment cases not run")
def test_the_carriers_own_cases():
    cases = json.loads(CASES.read_text())["cases"]
    assert len(cases) >= 10
    wrong = {
        case["testDescription"]: (case["segments"], rendering.segments(case["body"]))
        for case in cases
        if rendering.segments(case["body"]) != case["segments"]
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # two places each
        ("€" * 80 + "a", 2),
        ("好" * 70, 1),
        ("好" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("á" + "a" * 70, 2),  # not in GSM-7, though é and ñ are
        ("éñü¿¡à" + "a" * 154, 1),
    ],
)
def test_lengths_typed_here(text, segments):
    assert rendering.segments(text) == segments


def test_a_link_counts_as_long_as_ours_are(settings):
    settings.PUBLIC_URL = "https://" + "x" * 20
    assert rendering.segments("a" * 97 + "{link}") == 1  # 97 + 28 + /o/ + 31 = 159
    assert rendering.segments("a" * 99 + "{link}") == 2


def test_plain_letters_say_the_same():
    assert plain("¿Está él? “Sí” – mañana…") == '¿Esta él? "Si" - mañana...'
    assert is_plain(plain("sábado más rápido")) and not is_plain("más")
    assert plain("好的 más") == "好的 más"


PIECES = [*"ab z€[]|^{}~\\éñ¿\n@aá好😀🇮Ωőß\f\t", "a" * 60, "b" * 140, "b" * 153, "€" * 20, "好" * 60]


def test_ours_counts_as_smsutil_does():
    random = Random(160)
    for _ in range(400):
        text = "".join(random.choice(PIECES) for _ in range(random.randrange(9)))
        assert is_plain(text) == (smsutil.is_valid_gsm(text) or not text), ascii(text)
        assert rendering.segments(text) == (len(smsutil.split(text).parts) if text else 0), ascii(text)
