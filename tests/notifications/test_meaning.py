"""What a text means: a claim only when nothing else can be meant, an opt-out whenever it may be one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.replies import Meaning, Said, understand

SAYS = {
    Meaning.YES: [
        "YES", "yes", "Yes!", " y ", "Y", "ok", "OK thanks", "Sí", "SI", "sí por favor", "Book", "BOOK IT", "yes pls",
        "Yeah that works", "I'll take it", "I’ll take it!", "好", "CÓ", "có", "👍", "👍🏽", "Yes. Thanks", "si\u0301",
    ],
    Meaning.NO: [
        "NO", "no", "n", "No thanks", "pass", "PASS.", "nope sorry", "not this time no", "can't make it", "No gracias",
        "No, that is too early for me", "👎", "không",
    ],
    Meaning.STOP: [
        "STOP", "stop", "Stop.", "STOPALL", "stop all", "UNSUBSCRIBE", "cancel", "END", "quit", "REVOKE", "OPTOUT",
        "opt out", "opt-out please", "please stop texting me", "stop texting me", "Leave me alone!", "no más", "No mas",
        "don't text me", "Do not contact me again", "remove me from your list", "wrong number", "please unsubscribe me",
        "yes stop", "No. Stop.", "quit texting me", "no more texts please", "basta", "I want to opt out", "alto",
    ],
    Meaning.START: ["START", "start", "Unstop"],
    Meaning.HELP: ["HELP", "info"],
    Meaning.WHO: ["Who is this?"],
    Meaning.UNCLEAR: [
        "", "thanks", "Yes but could we do 3pm?", "can I stop by earlier?", "ok?", "cancel my visit",
        "no problem", "maybe", "what time is it", "🎉", "Is the doctor in", "yes no", "at the end of the day",
        "YES 2 or 3", "12",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), [(text, meaning) for meaning, texts in SAYS.items() for text in texts])
def test_what_people_write(text, meaning):
    assert understand(text).meaning == meaning


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2", Said(Meaning.UNCLEAR, 2)),
        ("#2", Said(Meaning.UNCLEAR, 2)),
        ("Yes 2", Said(Meaning.YES, 2)),
        ("2 please yes", Said(Meaning.YES, 2)),
        ("NO 1", Said(Meaning.NO, 1)),
        ("NO ALL", Said(Meaning.NO, None, everything=True)),
    ],
)
def test_numbers_and_all(text, said):
    assert understand(text) == said


@given(st.text(max_size=80))
def test_anything_at_all_has_a_meaning(text):
    assert understand(text).meaning in Meaning


@given(st.text(max_size=30), st.text(max_size=30))
def test_stop_is_heard_in_any_company(before, after):
    assert understand(f"{before}. STOP texting me! {after}").meaning == Meaning.STOP
