"""The join page inside a clinic's own site: as tall as its frame, in each language."""

import pytest
from django.urls import reverse

from tests import factories
from waitlist.views.joining import frame_height

pytestmark = pytest.mark.django_db(transaction=True)
SPARE = 450  # at most, where the form is shortest


@pytest.mark.parametrize("many", [1, 12])
def test_the_snippets_frame_is_as_tall_as_the_form_from_a_phones_width_on(many, open_page, live_server):
    clinic = factories.clinic(name="Radiance Med Spa of Walnut Creek", takes_joins=True)
    for n in range(many):
        factories.service(clinic, name=f"Hydrating facial with peel {n}")
    factories.service(clinic, retired_at=factories.NOW)
    address = live_server.url + reverse("join", args=[clinic.slug])
    page = open_page()
    for width in (375, 480, 600):
        page.set_viewport_size({"width": width, "height": 400})
        for language in ("en", "es"):
            page.goto(f"{address}?lang={language}")
            needed = page.evaluate("document.documentElement.scrollHeight")
            assert 0 <= frame_height(clinic) - needed < SPARE, (width, language)
