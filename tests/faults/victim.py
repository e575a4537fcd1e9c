"""The process that dies: python -m tests.faults.victim reads one order a line and has a child carry each out.

The child is a process of its own, with its own connection. It counts its steps, before every statement, before and
after every commit, before every nudge, before and after every hand-over to a channel, and strikes itself at the one it
was told (`BLOWS`). Nudges go nowhere: the worst that can befall them.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import django
import django.db


def die() -> None:
    """The process is no more."""
    os.kill(os.getpid(), signal.SIGKILL)


def freeze() -> None:
    """The process stands still until somebody wakes it."""
    os.kill(os.getpid(), signal.SIGSTOP)


def lose_the_database() -> None:
    """The server ends our session, as when it is restarted; the process lives and finds out at its next statement."""
    from django.db import connection

    ours = connection.connection.info.backend_pid
    with connection.copy().temporary_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [ours])


BLOWS = {"kill": die, "freeze": freeze, "no database": lose_the_database}


class Steps:
    """What has been done so far, by name; at the fatal number the blow falls."""

    def __init__(self, fatal: int, blow: str) -> None:
        self.fatal, self.blow, self.names = fatal, BLOWS[blow], list[str]()

    def step(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.fatal:
            self.blow()

    def around(self, act: Callable[..., Any], name: str) -> Callable[..., Any]:
        def both(*arguments: Any, **options: Any) -> Any:
            self.step(f"before {name}")
            result = act(*arguments, **options)
            self.step(f"after {name}")
            return result

        return both

    def statement(self, execute: Any, sql: str, *rest: Any) -> Any:
        self.step(f"before {' '.join(str(sql).split()[:3])}")
        return execute(sql, *rest)


def count(steps: Steps) -> None:
    """Every step of this process is counted from now on."""
    from django.db import connection

    from notifications.channels import email, simulator, simulator_calls, twilio, voice, webhook
    from waitlist import nudge

    logging.getLogger("notifications.outbox.results").setLevel(logging.CRITICAL)  # a carrier that is out, on every try
    with connection.cursor() as cursor:
        cursor.execute("SET application_name = 'victim'")
    connection.execute_wrappers.append(steps.statement)
    connection._commit = steps.around(connection._commit, "COMMIT")  # type: ignore[method-assign]
    for channel in (email, simulator, simulator_calls, twilio, voice, webhook):
        channel.send = steps.around(channel.send, "the hand-over")  # type: ignore[attr-defined]
    nudge._send = lambda name, pk: steps.step(f"before the nudge {name}")


def carry_out(order: dict[str, Any]) -> list[str]:
    """The act at each of its moments; the names of its steps."""
    from django.conf import settings

    from tests.faults import acts, spoilt, table

    run = {"sweeps": acts.sweeps, "no messages": acts.no_messages}.get(order["act"]) or table.ACTS[order["act"]].run
    for name, value in order["settings"].items():
        setattr(settings, name, value)
    if order["spoilt"]:
        spoilt.HOUSES[order["spoilt"]]()
    steps = Steps(order["fatal"], order["blow"])
    count(steps)
    try:
        for moment in order["moments"]:
            run(order["ids"], datetime.fromisoformat(moment))
        steps.step("at the end")
    except django.db.OperationalError:
        if order["blow"] != "no database":
            raise
    return steps.names


def in_a_child(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """How the child ended: by which signal, or with which steps. One that freezes is told of, and left until thawed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        said: dict[str, Any] = {}
        try:
            said = {"steps": carry_out(order)}
        except BaseException as fault:
            said = {"fault": f"{type(fault).__name__}: {fault}"}
        with os.fdopen(writing, "w") as out:
            json.dump(said, out)
        os._exit(0)
    os.close(writing)
    if order["blow"] == "freeze" and os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1]):
        yield {"signal": signal.SIGSTOP}
        os.kill(pid, signal.SIGCONT)
    with os.fdopen(reading) as heard:
        text = heard.read()
    _, status = os.waitpid(pid, 0)
    yield {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, **(json.loads(text) if text else {})}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import twilio.rest.api  # noqa: F401 - read once, so that no child has to

    from tests.faults import acts, spoilt, table  # noqa: F401

    frozen: list[Iterator[dict[str, Any]]] = []
    for line in sys.stdin:
        order = json.loads(line)
        child = frozen.pop() if order["act"] == "thaw" else in_a_child(order)
        end = next(child)
        if end["signal"] == signal.SIGSTOP:
            frozen.append(child)
        print(json.dumps(end), flush=True)


if __name__ == "__main__":
    main()
