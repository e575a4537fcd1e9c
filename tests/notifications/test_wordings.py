"""A clinic's own wordings: what may be saved, what is refused and why, and what goes out when one no longer fits."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.models import Entry
from notifications import outbox, rendering, wordings
from notifications.models import Message, MessageTemplate
from notifications.rendering import needs, words
from notifications.rendering.checks import Draft
from notifications.rendering.examples import Names
from tests import factories
from tests.at_once import while_uncommitted, without_locks
from tests.factories import NOW, World
from tests.notifications.conftest import tell
from waitlist.models import Clinic

pytestmark = pytest.mark.django_db
GOOD = "{clinic}: {when} came free. Reply YES or tap {link} by {deadline}. NO passes, STOP ends."
BUENO = "{clinic}: {when} libre. Responda SI o {link} hasta {deadline}. STOP: no más."
MAIL = "{long_when}\n\nThis time came free. Please answer by {deadline}."


@pytest.fixture
def world(db: None, settings) -> World:
    settings.PUBLIC_URL = "https://glow.example"
    made = World(name="Glow Med Spa")
    made.practitioner.name, made.service.name, made.location.name = "Dr Mei Chen", "Botox Forehead", "Oakland"
    for row in (made.practitioner, made.service, made.location):
        row.save()
    return made


@pytest.fixture
def manager(world):
    return factories.user(world.clinic, "manager")


def draft(text=GOOD, *, kind="offer", channel="sms", language="en", level=0, subject=""):
    return Draft(kind, channel, language, level, text, subject)


def refused(world, wording: Draft) -> dict[str, list[str]]:
    with transaction.atomic(), pytest.raises(ValidationError) as refusal:
        seen = wordings.look(world.clinic, wording, wordings.names(world.clinic), is_own=True, now=NOW)
        found: dict[str, list[str]] = {}
        for fault in seen.faults:
            found.setdefault(fault.field, []).append(fault.reason)
        if found:
            raise ValidationError(found)
    return refusal.value.message_dict


def faults(world, wording: Draft):
    return wordings.look(world.clinic, wording, wordings.names(world.clinic), is_own=True, now=NOW).faults


# Ours


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("language", list(words.LANGUAGES))
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_our_own_wordings_pass_every_check(world, channel, language, level):
    known = wordings.names(world.clinic)
    for kind in needs.kinds(channel):
        ours = wordings.ours(world.clinic, (kind, channel, language, level), known)
        assert faults(world, ours) == (), (kind, ours.text)


def test_our_own_fit_the_longest_name_there_may_be(world, settings):
    settings.PUBLIC_URL = "https://standby.radiancemedspa.com"
    name = "Evergreen Dermatology & Laser of Upper Piedmont"
    clinic = Clinic(name=name, phone="+14155550100", timezone="America/Denver")
    names = Names(("Dr Quimby-Vandersloot",), ("Hydrafacial Deluxe",), (), ("America/Anchorage",))
    for language in words.LANGUAGES:
        for kind in needs.kinds("sms"):
            for level in (0, 1, 2):
                ours = wordings.ours(clinic, (kind, "sms", language, level), names)
                seen = wordings.look(clinic, ours, names, is_own=False, now=NOW)
                assert seen.most_segments <= (2 if level else 1), (kind, seen.longest)


# Refused, with the reason

REFUSED = {
    "an unknown fact": ("{clinic}: {when} {price}. Reply YES or {link} by {deadline}. STOP ends", "{price} is no fact"),
    "an attribute": ("{clinic.secret} " + GOOD, "belongs to no fact"),
    "a format": (GOOD.replace("{when}", "{when!r:>30}"), "belongs to no fact"),
    "half a brace": (GOOD + " {", "belongs to no fact"),
    "a name of level 1": (GOOD.replace("came free", "with {practitioner}"), "Level 0 must not"),
    "a name of level 2": (GOOD.replace("came free", "for {service}"), "{service} says what for. Level 0 must not"),
    "a practitioner": (GOOD.replace("came free", "with Dr. Chen"), "It names “Dr Mei Chen”"),
    "a service by one of its words": (GOOD.replace("came free", "for BOTOX"), "It names “Botox Forehead”"),
    "a place": (GOOD.replace("came free", "in Oakland"), "It names “Oakland”"),
    "no clinic": (GOOD.replace("{clinic}: ", ""), "It has to hold your name"),
    "no time": (GOOD.replace("{when} ", "A time "), "It has to hold day and time"),
    "no link": (GOOD.replace(" or tap {link}", ""), "It has to hold the link"),
    "no word for yes": (GOOD.replace("Reply YES or tap", "Tap"), "It has to hold the word that says yes, YES"),
    "no deadline": (GOOD.replace(" by {deadline}", ""), "until when they may answer"),
    "no way out": (GOOD.replace(", STOP ends", ""), "It has to hold the way out, STOP"),
    "a small way out": (GOOD.replace("STOP", "stop"), "It has to hold the way out, STOP"),
    "another way out": (GOOD.replace("STOP ends", "STOP or CANCEL ends"), "CANCEL as a reply opts people out"),
    "another, asked for": (GOOD.replace("NO passes", "Reply with “end” to pass"), "END as a reply opts people out"),
    "the way out first": (
        "{clinic}: STOP ends. {when} came free. Reply YES or tap {link} by {deadline}.",
        "First until when they may answer, {deadline}, then the way out",
    ),
    "the link first": ("{link} {clinic}: {when}. Reply YES by {deadline}. STOP ends", "previewed by phones"),
    "the link last": ("{clinic}: {when}. Reply YES by {deadline}. STOP ends. {link}", "previewed by phones"),
    "the link twice": (GOOD.replace("NO passes", "Or {link}"), "Once is enough"),
    "another link": (GOOD.replace("NO passes", "See glow.com/now"), "the only link is {link}"),
    "a discount": (GOOD.replace("NO passes", "20% off"), "needs consent to marketing"),
    "a price": (GOOD.replace("NO passes", "Only $99"), "needs consent to marketing"),
    "a gift": (GOOD.replace("NO passes", "Free peel"), "needs consent to marketing"),
    "scarcity": (GOOD.replace("NO passes", "Only 2 left"), "only facts may say what is scarce"),
    "haste": (GOOD.replace("NO passes", "Hurry"), "only facts may say what is scarce"),
    "the last one": (GOOD.replace("NO passes", "The last one"), "only facts may say what is scarce"),
    "praise": (GOOD.replace("NO passes", "Most patients say yes"), "only facts may say what is scarce"),
    "a deadline of its own": (GOOD.replace("NO passes", "Answer by 5 pm"), "is a time of its own"),
    "an hour of its own": (GOOD.replace("NO passes", "within 2 hours"), "is a time of its own"),
    "too long": (GOOD.replace("NO passes", "NO passes and we ask somebody else instead"), "the most"),
    "a smiley": (GOOD.replace("NO passes", "😀"), "“😀” is no letter of plain texts"),
    "nothing": ("  ", "This needs a text"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_text_is_refused_with_the_reason(world, manager, what):
    text, reason = REFUSED[what]
    reasons = refused(world, draft(text))["text"]
    assert any(reason in said for said in reasons), reasons


SPANISH = {
    "a discount": ("Con descuento", "needs consent to marketing"),
    "a gift": ("Es gratis", "needs consent to marketing"),
    "haste": ("Apúrese", "only facts may say"),
    "the last one": ("Es el último", "only facts may say"),
    "scarcity": ("Solo quedan 2", "only facts may say"),
    "another way out": ("Responda CANCEL", "CANCEL as a reply"),
    "today": ("Conteste hoy", "is a time of its own"),
}


@pytest.mark.parametrize("what", SPANISH)
def test_spanish_is_read_as_well(world, what):
    said, reason = SPANISH[what]
    assert faults(world, draft(BUENO, language="es")) == ()
    reasons = refused(world, draft(BUENO.replace("STOP:", f"{said}. STOP:"), language="es"))["text"]
    assert any(reason in one for one in reasons), reasons
    assert "SI" in refused(world, draft(BUENO.replace("SI", "OK"), language="es"))["text"][0]


def test_alto_may_be_named_in_addition(world):
    assert faults(world, draft(BUENO.replace("STOP: no", "STOP o ALTO: no"), language="es")) == ()


@pytest.mark.parametrize("kind", needs.kinds("sms"))
def test_every_kind_needs_whom_it_is_from(world, kind):
    ours = wordings.ours(world.clinic, (kind, "sms", "en", 0), wordings.names(world.clinic))
    assert faults(world, ours) == ()
    without = Draft(kind, "sms", "en", 0, ours.text.replace("{clinic}", "We"))
    assert any("your name" in fault.reason for fault in faults(world, without))


def test_an_earlier_time_has_to_say_that_it_moves(world):
    assert any("moves the visit" in fault.reason for fault in faults(world, draft(kind="earlier")))
    moves = draft("{clinic}: move to {when}? YES or tap {link} by {deadline}. STOP ends", kind="earlier")
    assert faults(world, moves) == ()


def test_a_patients_name_is_in_nobodys_text(world):
    factories.patient(world.clinic, first_name="Ana", last_name="Puig")
    reasons = refused(world, draft(GOOD.replace("NO passes", "Ask for ana puig")))["text"]
    assert any("It names “Ana Puig”" in one for one in reasons)


def test_everyday_words_of_a_service_are_no_names(world):
    world.service.name = "First visit, new time"
    world.service.save()
    assert faults(world, draft()) == ()


def test_levels_allow_facts_and_two_segments_but_no_names_typed_in(world):
    text = GOOD.replace("came free", "with {practitioner} came free, {first_name}")
    assert faults(world, draft(text, level=1)) == ()
    assert any("Level 1 must not" in one for one in refused(world, draft(text + " {service}", level=1))["text"])
    assert faults(world, draft(text.replace("came free", "for {service} came free"), level=2)) == ()
    typed = refused(world, draft(GOOD.replace("came free", "with Dr Chen came free"), level=2))["text"]
    assert any("Write {practitioner} or {service}" in one for one in typed)
    long = text + " You keep your place in line whatever you say, and we are glad to hear from you." * 3
    assert any("2 are the most" in one for one in refused(world, draft(long, level=1))["text"])


def test_an_e_mail_has_a_subject_that_names_nobody(world):
    good = draft(MAIL, channel="email", subject="A time at {clinic}")
    assert faults(world, good) == ()
    without = draft(MAIL, channel="email")
    assert refused(world, without)["subject"] == ["An e-mail needs a subject."]
    named = draft(MAIL, channel="email", level=2, subject="{service} with {practitioner}")
    assert all("A subject, which a locked phone shows, must not" in one for one in refused(world, named)["subject"])
    assert any("It names “Dr Mei Chen”" in one for one in refused(
        world, draft(MAIL, channel="email", subject="Dr Chen at {clinic}"))["subject"])
    link = draft(MAIL + "\n{link}", channel="email", subject="A time")
    assert any("{link} is no fact this message has" in one for one in refused(world, link)["text"])


# Kept


@pytest.mark.django_db(transaction=True)
def test_what_is_saved_goes_out_and_the_trail_says_who_changed_it(world, manager):
    saved = wordings.save(world.clinic, draft(), by=manager, now=NOW)
    assert (saved.updated_by, saved.kind) == (manager, "offer")
    told = tell(world)
    assert told.deliver().text.startswith("Glow Med Spa: Tue Nov 24 4:00 PM PST came free. Reply YES")
    again = wordings.save(world.clinic, draft(GOOD.replace("came free", "is open")), by=manager, now=NOW)
    assert again.pk == saved.pk and MessageTemplate.objects.count() == 1
    changed = Entry.objects.get_for_object(again).order_by("-pk").first()
    assert changed.clinic_id == world.clinic.pk and "is open" in changed.changes["text"][1]
    assert wordings.back_to_ours(world.clinic, ("offer", "sms", "en", 0))
    assert not wordings.back_to_ours(world.clinic, ("offer", "sms", "en", 0))
    assert "came free" not in rendering.render(Message.objects.get(pk=told.message.pk))


@pytest.mark.django_db(transaction=True)
def test_what_may_not_go_out_is_not_saved(world, manager):
    with pytest.raises(ValidationError) as refusal:
        wordings.save(world.clinic, draft("Hello"), by=manager, now=NOW)
    assert "text" in refusal.value.message_dict and not MessageTemplate.objects.exists()


def keep(world, wording=None, **fields) -> MessageTemplate:
    wording = wording or draft()
    place = dict(zip(("kind", "channel", "language", "level"), wording.place, strict=True))
    fields = {"text": wording.text, "subject": wording.subject, **place, **fields}
    return MessageTemplate.objects.create(clinic=world.clinic, updated_at=NOW, **fields)


def test_it_is_used_for_its_own_kind_channel_language_and_level_only(world):
    keep(world)
    said = tell(world).deliver().text
    assert "came free" in said
    assert "came free" not in tell(world, language="es").deliver().text
    other = World()
    assert "came free" not in tell(other).deliver().text


def test_ours_goes_out_where_theirs_no_longer_fits(world):
    """The name has grown since; the page says so."""
    keep(world)
    Clinic.objects.filter(pk=world.clinic.pk).update(name="Glow Med Spa of the Greater Upper Piedmont Avenue Area")
    world.clinic.refresh_from_db()
    text = tell(world).deliver().text
    assert "came free" not in text and "Reply YES" in text
    assert rendering.segments(text) == 1
    assert any("one is the most" in fault.reason for fault in faults(world, draft()))


def test_ours_goes_out_where_theirs_names_somebody_new(world):
    keep(world, text=GOOD.replace("came free", "came free at Botox Bay"))
    assert "Bay" not in tell(world).deliver().text


def test_braces_in_a_name_are_no_facts(world):
    world.clinic.name = "Glow {link} {when}"
    world.clinic.save()
    keep(world)
    text = tell(world).deliver().text
    assert text.startswith("Glow {link} {when}: Tue") or "came free" not in text


def test_an_own_e_mail_keeps_our_button_and_the_way_out(world):
    wording = draft(MAIL, channel="email", subject="A time at {clinic}")
    keep(world, wording)
    patient = factories.patient(world.clinic, email="ana@example.com")
    slot = world.slot(state="offering")
    offer = world.offer(slot, world.entry(patient))
    address = patient.contact_points.get(kind="email")
    outbox.enqueue_offers(slot, [(offer, [outbox.Route(address.pk, "email", NOW)])], now=NOW)
    letter = rendering.letter(Message.objects.get())
    assert letter.subject == "A time at Glow Med Spa"
    assert "This time came free." in letter.text and "See it and answer" in letter.html
    assert letter.unsubscribe_url in letter.text


@pytest.mark.parametrize(
    "fields", [{"level": 3}, {"text": ""}, {"subject": "A text has none"}, {"channel": "email"}], ids=str
)
def test_the_database_refuses_what_cannot_be(world, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        keep(world, **fields)


def test_one_wording_for_one_place(world):
    keep(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        keep(world)


# Two managers at once


def reword_while_another_does(world, manager):
    """What becomes of a save that begins when another has written and not committed."""

    def first() -> None:
        Clinic.objects.select_for_update(no_key=True).get(pk=world.clinic.pk)
        keep(world, text=GOOD.replace("came free", "is open"))

    return while_uncommitted(first, lambda: wordings.save(world.clinic, draft(), by=manager, now=NOW))


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_the_later_word_goes_out(world, manager):
    saved = reword_while_another_does(world, manager)
    assert MessageTemplate.objects.get() == saved and MessageTemplate.objects.get().text == GOOD


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_second_fails(world, manager, monkeypatch):
    without_locks(monkeypatch)
    assert reword_while_another_does(world, manager) == "UniqueViolation"
