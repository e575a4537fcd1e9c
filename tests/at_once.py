"""Calls released together, or one while another has not committed, each with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import QuerySet

from matching.answering import booking


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run every call in a thread of its own, released together; their results in order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait()
            return call()
        except DatabaseError as error:  # a deadlock, a lock timeout, a constraint: for the test to judge
            return type(error.__cause__).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def while_uncommitted(act: Callable[[], Any], call: Callable[[], Any]) -> Any:
    """What `call` finds that begins when `act` is done, and has to wait until it is committed."""
    result = []

    def late() -> None:
        try:
            result.append(call())
        except DatabaseError as error:  # for the test to judge
            result.append(type(error.__cause__).__name__)
        finally:
            connections.close_all()

    thread = threading.Thread(target=late)
    with transaction.atomic():
        act()
        thread.start()
        assert wait_until_blocked(thread)
    thread.join()
    return result[0]


def beside(call: Callable[[], Any]) -> Callable[[], Any]:
    """Begin it on a connection of its own, until it is through or waits for a lock; calling what comes back waits for
    its result."""
    result = []

    def run() -> None:
        try:
            result.append(call())
        except DatabaseError as error:  # for the test to judge
            result.append(type(error.__cause__).__name__)
        finally:
            connections.close_all()

    def found() -> Any:
        thread.join()
        return result[0]

    thread = threading.Thread(target=run)
    thread.start()
    wait_until_blocked(thread)
    return found


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is read where it was locked: for the controls of races."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows.all())
    monkeypatch.setattr(booking, "LOCK", booking.LOCK.replace("FOR NO KEY UPDATE OF slot", ""))


# Tests on other databases of the same server have locks of their own. Who is connected is seen once in a transaction,
# unless that is forgotten.
FORGET, WAITING = "SELECT pg_stat_clear_snapshot()", """SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE NOT granted AND datname = current_database()"""


def wait_until_blocked(thread: threading.Thread) -> bool:
    """Wait until this thread is through (False), or another session waits for a lock of the database (True)."""
    while thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute(FORGET)
            cursor.execute(WAITING)
            if cursor.fetchone() is not None:
                return True
        thread.join(0.01)
    return False
