"""Ten thousand texts through a Twilio that bites, while the worker is killed every ten seconds: each once, none against
a rule.

SOAK_MESSAGES (10000) says how many, SOAK_SEED which, SOAK_KILL_SECONDS (10) how long a worker works; on a busy machine
it needs longer to get anything done. SOAK_BLIND=1 is the control: the carrier's list is empty, so that
whatever was not answered is sent blindly again, and this must fail.
"""

import os
from dataclasses import replace

from bench.report import Result
from tests.harness import Stack
from tests.outgoing.run import BITES, Plan, Run
from tests.outgoing.run import run as drive

MESSAGES = int(os.environ.get("SOAK_MESSAGES", "10000"))
SEED = int(os.environ.get("SOAK_SEED", "20261126"))
KILL_SECONDS = float(os.environ.get("SOAK_KILL_SECONDS", "10"))
IS_BLIND = os.environ.get("SOAK_BLIND") == "1"
SHOWN = 20


def run() -> Result:
    stacks: list[Stack] = []

    def stack_of(**variables: str) -> Stack:
        stacks.append(Stack(**variables))
        stacks[0].start()
        return stacks[0]

    bites = replace(BITES, seed=SEED, forgetful=IS_BLIND)
    try:
        done = drive(Plan(texts=MESSAGES, kill_every_seconds=KILL_SECONDS, seed=SEED, bites=bites), stack_of)
    finally:
        for stack in stacks:
            stack.stop()
    rows = [
        {"what": str(part), "messages": sum(by_status.values()), "ended as": words(by_status)}
        for part, by_status in sorted(done.verdict.by_part.items())
    ]
    for sentence in done.verdict.wrong[:SHOWN]:
        print(sentence)
    return Result(rows, facts(done), missed(done), done.verdict.top)


def words(by_status: dict[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(by_status.items()))


def facts(done: Run) -> dict[str, object]:
    counts = done.verdict.counts
    return {
        "rightly_not_sent": counts["rightly_not_sent"],
        "in_the_air_at_stop": counts["in_the_air_at_stop"],
        "in_the_air_at_end": counts["in_the_air_at_end"],
        "worker_kills": done.kills,
        "sent_after_s": done.sent_after_seconds,
        "settled_after_s": done.seconds,
        "befell_requests": words(done.befell),
        "reports_by_our_answer": words(done.reports),
        "busiest_second_of_one_number": done.busiest_second,
    }


def missed(done: Run) -> list[str]:
    top = done.verdict.top
    found = [f"{count} {name}" for name, count in top.items() if count and name not in ("messages", "accepted_once")]
    if not done.settled:
        found.append(f"something was still under way after {done.seconds:.0f} s")
    unexplained = len(done.verdict.wrong) - sum(top[name] for name in top if name not in ("messages", "accepted_once"))
    return found + ([f"{unexplained} texts of no message"] if unexplained else [])
