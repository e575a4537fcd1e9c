"""A process killed between every two steps of every act, and PostgreSQL restarted in the middle of a claim: what is
lost, sent twice, or promised twice afterwards."""

from django.db import connection

from bench.report import Result
from tests.faults.matrix import Matrix, Struck, Undisturbed, matrix
from tests.faults.restart import claim_through, the_server_restarts
from tests.faults.table import ACTS
from tests.harness import Stack

AT_LEAST = 30


def run() -> Result:
    broken = restarted()
    rows, every = [], list[Struck]()
    with matrix() as house:
        for act in ACTS:
            peace = house.undisturbed(act)
            struck = at_every_step(house, act, peace, "kill")
            rows.append({"act": act, **counted(struck)})
            every += struck
        struck = at_every_step(house, "claim", house.undisturbed("claim"), "no database")
        rows.append({"act": "claim, no database", **counted(struck)})
        every += struck
    missed = [str(one) for one in every if not one.survived] + broken
    if len(every) < AT_LEAST:
        missed.append(f"only {len(every)} points were struck, {AT_LEAST} are the least")
    return Result(rows, missed=missed, top=counted(every))


def at_every_step(house: Matrix, act: str, peace: Undisturbed, blow: str) -> list[Struck]:
    return [house.strike(act, number, peace, blow=blow) for number in range(1, len(peace.steps) + 1)]


def restarted() -> list[str]:
    """What a real restart of the server under a tap over HTTP broke. The servers of tests confirm a commit before it is
    written; here it has to outlive a crash.
    """
    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    connection.close()
    stack = Stack()
    try:
        stack.start()
        return claim_through(stack, the_server_restarts)
    finally:
        stack.stop()


def counted(struck: list[Struck]) -> dict[str, int]:
    """Points struck, and how many of them ended badly, in which way."""
    return {
        "points": len(struck),
        "survived": sum(one.survived for one in struck),
        "lost": sum(bool(one.lost) for one in struck),
        "duplicated": sum(bool(one.added or one.sent_twice) for one in struck),
        "double_booked": sum(bool(one.promised_twice) for one in struck),
    }
