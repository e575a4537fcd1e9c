"""The pages of the policies: read, changed, checked and followed, without JavaScript and with it."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from matching import forms
from matching.models import PolicyVersion
from matching.policy import policies, policybook, presets
from matching.policy.policies import Policy, Wave
from tests import factories
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist.models import Clinic
from waitlist.states import Role, Tier

PAGE = reverse("policies")
NEW = reverse("policy-new")


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    """A browser of the clinic's manager, without JavaScript."""
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def url(version: PolicyVersion) -> str:
    return reverse("policy", args=[version.pk])


def text(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def fields(policy: Policy, **changes: Any) -> dict[str, Any]:
    """What a browser sends for this policy."""
    sent: dict[str, Any] = {"name": policy.name, "autopilot": str(policy.autopilot)}
    sent |= {name: str(getattr(policy, name)) for name in policies.Policy.__dataclass_fields__ if "minutes" in name}
    for plan in ("short", "long"):
        waves = getattr(policy, plan)
        sent[plan] = [str(key) for key in range(len(waves))]
        for key, wave in enumerate(waves):
            values = {name: getattr(wave, name) for name in ("after_minutes", "min_score", "size", "window_minutes")}
            row = {name: "" if value is None else str(value) for name, value in values.items()}
            row |= {"tiers": list(wave.tiers), "channels": list(wave.channels), "order": str(wave.order)}
            sent |= {f"{plan}-{key}-{name}": value for name, value in row.items()}
            if wave.repeat:
                sent[f"{plan}-{key}-repeat"] = "on"
    return sent | {"do": "save"} | changes


def newest(clinic: Clinic, name: str = "scored") -> PolicyVersion:
    return policybook.newest(clinic)[name]


def test_settings_lead_here_for_managers(manager):
    assert PAGE in manager.get(reverse("settings")).content.decode()
    assert reverse("connections") not in manager.get(reverse("settings")).content.decode()


def test_the_list_says_what_each_does_and_who_follows_it(world, manager):
    policybook.save(world.clinic, replace(presets.sequential(), name="One by one"), after=0, now=NOW)
    policybook.assign(world.clinic, services={world.service.pk: "One by one"})
    said = text(manager.get(PAGE))
    assert "4 waves within 1 h 5 min: first 5 patients with at least 55 points, at last everybody who can come." in said
    assert "One patient is asked, whoever waits longest first, then the next, until nobody is left." in said
    assert f"Version 1 of Mon, Nov 23 · for {world.service.name}" in said
    assert said.index("One by one") < said.index("By score") < said.index("Default")


def test_the_number_of_queries_does_not_grow(world, manager, django_assert_num_queries):
    manager.get(PAGE)
    counts = []
    for _ in range(2):
        with django_assert_num_queries(100, exact=False) as queries:
            manager.get(PAGE)
        counts.append(len(queries.captured_queries))
        for n in range(2):
            service = factories.service(world.clinic)
            policybook.save(world.clinic, replace(presets.scored(), name=f"{service.name} {n}"), after=0, now=NOW)
            policybook.assign(world.clinic, services={service.pk: f"{service.name} {n}"})
    assert counts[0] == counts[1]


def test_default_and_services_are_saved_at_once(world, manager):
    other = factories.service(world.clinic)
    policybook.save(world.clinic, replace(presets.tiered(), name="By tier"), after=0, now=NOW)
    sent = {"default": "By tier", f"service-{world.service.pk}": "scored", f"service-{other.pk}": ""}
    assert "Saved" in text(manager.post(PAGE, sent, follow=True))
    world.clinic.refresh_from_db()
    world.service.refresh_from_db()
    assert (world.clinic.policy.name, world.service.policy.name) == ("By tier", "scored")
    assert "Nothing to change." in text(manager.post(PAGE, sent, follow=True))


def test_what_nobody_offered_is_refused_at_its_field(world, manager):
    answer = manager.post(PAGE, {"default": "nonesuch", f"service-{world.service.pk}": "neither"})
    assert "nonesuch is not one of the available choices" in text(answer)
    assert "neither is not one of the available choices" in text(answer)
    world.service.refresh_from_db()
    assert world.service.policy is None


@pytest.mark.parametrize("page", [PAGE, f"{NEW}?from=tiered"])
def test_a_page_opened_at_another_clinic_saves_nothing(world, manager, page):
    sent = fields(replace(presets.tiered(), name="Mine")) | {"clinic": "99999", "default": "scored"}
    assert "You work at" in text(manager.post(page, sent, follow=True))
    assert set(policybook.newest(world.clinic)) == {"scored"}


@pytest.mark.parametrize("preset", presets.PRESETS.values(), ids=list(presets.PRESETS))
def test_every_preset_can_be_started_from(world, manager, preset):
    assert preset.sentence in text(manager.get(NEW))
    address = f"{NEW}?from={preset.name}"
    name = "By score 2" if preset.name == world.clinic.policy.name else preset.label  # which is in the list already
    assert f'value="{name}"' in manager.get(address).content.decode()
    made = replace(preset.make(world.clinic.threshold), name="Ours")
    assert "“Ours” is saved" in text(manager.post(address, fields(made), follow=True))
    assert policies.load(newest(world.clinic, "Ours").document) == made


def test_a_preset_takes_the_clinics_threshold_and_a_free_name(world, manager):
    Clinic.objects.filter(pk=world.clinic.pk).update(threshold=80)
    policybook.save(world.clinic, replace(presets.scored(), name="BY SCORE"), after=0, now=NOW)
    page = manager.get(f"{NEW}?from=scored").content.decode()
    assert 'value="By score 2"' in page
    assert re.search(r'name="short-0-min_score" value="80"', page)


def test_a_name_that_is_taken_is_refused_at_its_field(world, manager):
    answer = manager.post(f"{NEW}?from=tiered", fields(replace(presets.tiered(), name="Scored")))
    assert "There is a policy of that name already" in text(answer)
    assert set(policybook.newest(world.clinic)) == {"scored"}


def test_a_change_is_the_next_version_and_the_clinic_follows_it(world, manager):
    changed = replace(presets.scored(), cutoff_minutes=30, long=(Wave(size=None, tiers=(Tier.GOLD,)), Wave(30)))
    answer = manager.post(url(newest(world.clinic)), fields(changed), follow=True)
    assert "Saved as version 2" in text(answer)
    assert policies.load(newest(world.clinic).document) == changed
    world.clinic.refresh_from_db()
    assert world.clinic.policy.version == 2
    answer = manager.post(url(newest(world.clinic)), fields(changed), follow=True)
    assert "Nothing was changed." in text(answer)


def test_old_versions_can_be_read_and_not_changed(world, manager):
    first = newest(world.clinic)
    policybook.save(world.clinic, replace(presets.scored(), cutoff_minutes=30), after=1, now=NOW)
    page = manager.get(url(first))
    assert "version 1" in text(page) and "version 2 is the newest" in text(page)
    assert 'id="editor"' not in page.content.decode()
    assert url(newest(world.clinic)) in page.content.decode()


def test_who_saves_on_top_of_somebody_elses_version_is_told_first(world, manager):
    first = newest(world.clinic)
    policybook.save(world.clinic, replace(presets.scored(), cutoff_minutes=30), after=1, now=NOW)
    answer = manager.post(url(first), fields(replace(presets.scored(), cutoff_minutes=45)))
    assert "Version 2 was saved meanwhile" in text(answer)
    second = newest(world.clinic)
    assert second.version == 2 and f'action="{url(second)}"' in answer.content.decode()
    assert 'name="cutoff_minutes" value="45"' in answer.content.decode()
    manager.post(url(second), fields(replace(presets.scored(), cutoff_minutes=45)))
    assert newest(world.clinic).document["cutoff_minutes"] == 45


def test_errors_stand_at_their_fields_and_nothing_is_saved(world, manager):
    sent = fields(presets.scored()) | {
        "short-1-after_minutes": "0",
        "short-2-size": "many",
        "long-3-min_score": "101",
        "undo_delay_minutes": "99",
        "exclusive_minutes": "",
    }
    page = manager.post(url(newest(world.clinic)), sent).content.decode()
    for field, sentence in {
        "short-1-after_minutes": "Wave 1 is at minute 0 too: give each a minute of its own.",
        "short-2-size": "A whole number, please.",
        "long-3-min_score": "0 to 100.",
        "undo_delay_minutes": "0 to 60.",
        "exclusive_minutes": "A whole number, please.",
    }.items():
        assert f'id="id_{field}_error">{sentence}' in page, field
        assert f'href="#id_{field}"' in page, field
    assert newest(world.clinic).version == 1


def test_checking_shows_the_picture_and_saves_nothing(world, manager):
    changed = replace(presets.tiered(), name="scored", exclusive_minutes=5, short_buffer_minutes=10)
    answer = manager.post(url(newest(world.clinic)), fields(changed, do="check"))
    page = answer.content.decode()
    assert newest(world.clinic).version == 1
    assert page.count('class="policy-line" role="img"') == 2
    assert "wave 1 after 10 min: 5 Platinum; wave 2 after 15 min: 5 Gold" in page
    assert "10 min of further waiting" in text(answer)
    assert "5 min of exclusive access: kept for those asked" in text(answer)
    assert "2 after 3 h 0 min" not in page and "after 3 h: 5 Gold patients, the best matches first" in text(answer)
    assert "style=" not in page


def test_a_picture_of_no_waves_is_a_sentence(world, manager):
    answer = manager.get(f"{NEW}?from=manual")
    assert answer.content.decode().count('<p class="muted">Nobody is asked by itself.</p>') == 1


def test_waves_are_added_and_removed_without_javascript(world, manager):
    page = url(newest(world.clinic))
    sent = fields(presets.scored())
    sent["short-1-size"] = "7"
    added = manager.post(page, sent | {"do": "add-short"}).content.decode()
    assert re.findall(r'name="short" value="(\d)"', added) == ["0", "1", "2", "3", "4"]
    assert 'name="short-4-after_minutes" value="80"' in added and 'name="short-1-size" value="7"' in added
    removed = manager.post(page, sent | {"do": "remove-short-1"}).content.decode()
    assert re.findall(r'name="short" value="(\d)"', removed) == ["0", "2", "3"]
    assert newest(world.clinic).version == 1
    sent["short"] = ["0", "2", "3"]
    manager.post(page, sent)
    assert [wave.after_minutes for wave in policies.load(newest(world.clinic).document).short] == [0, 35, 65]


def test_a_first_wave_can_be_added_to_none(world, manager):
    sent = fields(replace(presets.manual(), name="Ours"))
    page = manager.post(f"{NEW}?from=manual", sent | {"do": "add-long"}).content.decode()
    assert 'name="long-0-after_minutes" value="0"' in page


def test_a_plan_takes_twelve_waves_and_no_more(world, manager):
    waves = tuple(Wave(10 * n) for n in range(12))
    sent = fields(replace(presets.scored(), short=waves))
    page = manager.post(url(newest(world.clinic)), sent | {"do": "add-short"}).content.decode()
    assert page.count('name="short"') == 12 and 'value="add-short"' not in page
    more = fields(replace(presets.scored(), short=(*waves, Wave(130), Wave(140))))
    assert "A plan has at most 12 waves." in text(manager.post(url(newest(world.clinic)), more))


@pytest.mark.parametrize("wish", ["", "add-", "add-other", "remove-short", "remove-short-x", "remove-long-99", "fly"])
def test_an_unknown_wish_changes_no_row(wish):
    sent = QueryDict(mutable=True)
    sent.setlist("short", ["0", "1", "1", "x", "9999", "-3", "²"])
    assert forms.keys(forms.changed(sent, wish), "short") == [0, 1]


@pytest.mark.parametrize("role, status", [(Role.FRONT_DESK, 403), (Role.COMPLIANCE, 403), (Role.ADMIN, 200)])
def test_roles(world, client, role, status):
    client.force_login(factories.user(world.clinic, role))
    for page in (PAGE, NEW, url(newest(world.clinic))):
        assert client.get(page).status_code == status
    client.post(url(newest(world.clinic)), fields(replace(presets.scored(), cutoff_minutes=30)))
    assert newest(world.clinic).version == (2 if status == 200 else 1)


@pytest.mark.django_db(transaction=True)
def test_every_change_of_the_pages_is_recorded():
    world, client = World(), Client()
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    with everything_recorded() as changed:
        client.post(f"{NEW}?from=tiered", fields(replace(presets.tiered(), name="By tier")))
        client.post(PAGE, {"default": "By tier", f"service-{world.service.pk}": "scored"})
        client.post(url(newest(world.clinic)), fields(replace(presets.scored(), cutoff_minutes=30)))
    assert changed == {"matching_policyversion", "waitlist_clinic", "waitlist_service"}


def test_the_picture_follows_what_is_typed(stack, browser_page, sign_in):
    world = World()
    sign_in(browser_page, stack.url, factories.user(world.clinic, Role.MANAGER))
    browser_page.goto(f"{stack.url}{url(newest(world.clinic))}")
    preview = browser_page.locator("#preview")
    browser_page.locator("[name=short-1-after_minutes]").fill("20")
    browser_page.keyboard.press("Tab")
    expect(preview.get_by_text("after 20 min: 5 patients with at least 45 points")).to_be_visible()
    browser_page.locator("[name=short-1-size]").fill("0")
    browser_page.keyboard.press("Tab")
    expect(preview.get_by_text("Start within 24 hours, wave 2, people: 1 to 500.")).to_be_visible()
    browser_page.locator("#add-short").click()
    expect(browser_page.locator("[name=short-4-after_minutes]")).to_have_value("80")
    expect(browser_page.locator("[name=short-1-size]")).to_have_value("0")
    browser_page.get_by_role("button", name="Remove wave 2").first.click()
    expect(browser_page.locator("[name=short-1-size]")).to_have_count(0)
    browser_page.get_by_label("Goes on with the next").nth(2).uncheck()
    expect(preview.get_by_text("after 1 h 20 min: 5 patients, the best matches first")).to_be_visible()
    browser_page.get_by_role("button", name="Save as the next version").click()
    browser_page.get_by_text("Saved as version 2").wait_for()
    saved = policies.load(newest(world.clinic).document)
    assert [wave.after_minutes for wave in saved.short] == [0, 35, 65, 80]
