"""The fake Twilio bites as it says it does; what we do about it is shown elsewhere."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.request_validator import RequestValidator

from tests.fakes import Bites, FakeTwilio
from tests.fakes.bites import Mood
from tests.fakes.server import Server
from tests.harness import eventually

FROM = "+15005550006"


class Site(Server):
    """A server of ours in small: it keeps what it is told, if it is signed."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, dict[str, str]]] = []

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        form = dict(parse_qsl(body.decode()))
        signed = RequestValidator("fake-token").validate(
            self.url + request.path, form, request.headers["X-Twilio-Signature"]
        )
        if signed:
            self.told.append((request.path, form))
        self.say(request, 200 if signed else 403)


@pytest.fixture
def site():
    with Site() as server:
        yield server


def send(twilio: FakeTwilio, key: str = "one", to: str = "+14155550123", **options):
    base = options.pop("site", "http://127.0.0.1:9")
    form = {"To": to, "From": FROM, "Body": f"Hi {key}", "StatusCallback": f"{base}/api/twilio/status/{key}/"}
    return requests.post(
        f"{twilio.url}/2010-04-01/Accounts/{twilio.account}/Messages.json", form,
        auth=(twilio.account, twilio.token), timeout=options.pop("timeout", 5),
    )  # fmt: skip


def test_a_timeout_after_it_was_accepted():
    with FakeTwilio(bites=Bites(timeout_after_accept=1)) as twilio:
        with pytest.raises(requests.ReadTimeout):
            send(twilio, timeout=0.2)
        assert len(twilio.texts) == 1


@pytest.mark.parametrize(("bite", "kept", "status"), [
    ({"too_many": 1}, 0, 429),
    ({"unavailable": 1}, 0, 503),
    ({"error_after_accept": 1}, 1, 500),
    ({"reset": 1}, 0, None),
    ({"cut_after_accept": 1}, 1, None),
])  # fmt: skip
def test_each_bite(bite, kept, status):
    with FakeTwilio(bites=Bites(**bite)) as twilio:
        if status is None:
            with pytest.raises(requests.ConnectionError):
                send(twilio)
        else:
            assert send(twilio).status_code == status
        assert len(twilio.texts) == kept


def test_what_was_not_stored_once_is_stored_the_next_time():
    with FakeTwilio(bites=Bites(reset=0.5, unavailable=0.5)) as twilio:
        with pytest.raises((requests.ConnectionError, AssertionError)):
            assert send(twilio).status_code == 201
        assert send(twilio).status_code == 201


def test_more_in_a_second_than_one_sender_may():
    mood = Mood(Bites(per_second=3))
    assert [mood.next(f"{n}", FROM, 7) for n in range(5)] == ["fine"] * 3 + ["too_many"] * 2
    assert mood.next("5", FROM, 8) == mood.next("6", "+14155550100", 7) == "fine"


def test_the_same_seed_bites_the_same_in_whatever_order():
    bites = Bites(seed=7, timeout_after_accept=0.2, too_many=0.2, ends_badly=0.3, doubled_callbacks=0.3, shuffle=True)
    keys = [f"key{n}" for n in range(300)]

    def met(order):
        mood = Mood(bites)
        return {key: (mood.next(key, FROM, 1), mood.fate(key, "fine")) for key in order}

    assert met(keys) == met(keys[::-1])
    befell = Counter(what for what, _ in met(keys).values())
    assert all(30 < befell[what] < 90 for what in ("timeout", "too_many")), befell


def test_each_text_is_reported_signed_twice_or_not_at_all(site):
    for share, times in (({}, 1), ({"doubled_callbacks": 1}, 2), ({"missing_callbacks": 1}, 0)):
        site.told.clear()
        with FakeTwilio(bites=Bites(**share, slowest_callback_seconds=0.2)) as twilio:
            send(twilio, site=site.url)
            eventually(lambda twilio=twilio: twilio.jaws.courier.waiting == 0)
            told = Counter(form["MessageStatus"] for _, form in site.told)
            assert (told["sent"], told["delivered"]) == (times, times)
            assert twilio.texts[0].status == twilio.texts[0].ends_as == "delivered"


def test_shuffled_reports_come_in_any_order(site):
    with FakeTwilio(bites=Bites(shuffle=True, slowest_callback_seconds=0.3)) as twilio:
        for n in range(20):
            send(twilio, key=f"{n}", site=site.url)
        eventually(lambda: twilio.jaws.courier.waiting == 0)
    order = {n: [form["MessageStatus"] for path, form in site.told if path.endswith(f"/{n}/")] for n in range(20)}
    first = Counter(statuses[0] == "delivered" for statuses in order.values())
    assert first[True] and first[False]


def test_somebody_writes_back(site):
    from tests.fakes.biting import Reply

    with FakeTwilio(bites=Bites(missing_callbacks=1)) as twilio:
        twilio.jaws.replies["+14155550123"] = Reply("STOP", 0.1)
        for key in ("one", "two"):
            send(twilio, key=key, site=site.url)
        eventually(lambda: twilio.jaws.replies["+14155550123"].acknowledged_at)
    ((path, form),) = site.told
    assert path == "/api/twilio/inbound/"
    assert (form["From"], form["To"], form["Body"]) == ("+14155550123", FROM, "STOP")


def test_nobody_listens_for_a_while():
    with FakeTwilio(bites=Bites(outages=((0.0, 0.6),))) as twilio:
        def is_gone():
            try:
                return send(twilio).status_code != 201
            except requests.ConnectionError:
                return True

        eventually(is_gone)
        eventually(lambda: not is_gone())


def test_many_at_once_are_all_kept():
    with FakeTwilio(bites=Bites(missing_callbacks=1)) as twilio, ThreadPoolExecutor(25) as pool:
        started = time.monotonic()
        answers = list(pool.map(lambda n: send(twilio, key=f"{n}").json()["sid"], range(400)))
        print(f"{400 / (time.monotonic() - started):.0f} a second")
        assert len(set(answers)) == len(twilio.texts) == 400
