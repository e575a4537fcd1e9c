"""A process killed between every two steps of every act: what is lost, sent twice, or promised twice afterwards."""

from bench.report import Result
from tests.faults.matrix import Struck, matrix
from tests.faults.table import ACTS

AT_LEAST = 30


def run() -> Result:
    rows, missed, every = [], [], list[Struck]()
    with matrix() as house:
        for act in ACTS:
            peace = house.undisturbed(act)
            struck = [house.strike(act, number, peace) for number in range(1, len(peace.steps) + 1)]
            rows.append({"act": act, **counted(struck)})
            missed += [str(one) for one in struck if not one.survived]
            every += struck
    if len(every) < AT_LEAST:
        missed.append(f"only {len(every)} points were struck, {AT_LEAST} are the least")
    return Result(rows, missed=missed, top=counted(every))


def counted(struck: list[Struck]) -> dict[str, int]:
    """Points struck, and how many of them ended badly, in which way."""
    return {
        "points": len(struck),
        "survived": sum(one.survived for one in struck),
        "lost": sum(bool(one.lost) for one in struck),
        "duplicated": sum(bool(one.added or one.sent_twice) for one in struck),
        "double_booked": sum(bool(one.promised_twice) for one in struck),
    }
