"""The processes other tests stand on: they answer, they die on demand, they come back."""

import pytest
from django.contrib.contenttypes.models import ContentType

from ops.processes import answers
from tests.harness import Stack, database_is_idle, eventually
from tests.stacks import STACKS


def test_web_and_worker_answer(stack: Stack):
    assert answers(f"{stack.url}/healthz")
    assert stack.ask_worker("ping")


def test_the_worker_dies_and_comes_back(stack: Stack):
    stack.kill_worker()
    assert not stack.ask_worker("ping")
    stack.start_worker()
    assert stack.ask_worker("ping")


def test_the_broker_dies_and_the_worker_finds_it_again(stack: Stack):
    stack.kill_broker()
    assert not stack.broker_answers()
    assert answers(f"{stack.url}/healthz"), "the site does not need the queue"
    stack.start_broker()
    eventually(lambda: stack.ask_worker("ping"), seconds=20)


def test_quiet_means_nobody_touches_the_database(stack: Stack):
    stack.quiet()
    assert database_is_idle()


@pytest.mark.django_db
def test_tests_without_the_stack_meet_no_sweep():
    assert STACKS.running is None
    assert ContentType.objects.exists()


def test_a_browser_opens_a_page(stack: Stack, browser_page):
    response = browser_page.goto(f"{stack.url}/healthz")
    assert response.status == 200
