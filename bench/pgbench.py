"""The claim's own statements run by PostgreSQL's benchmark program: what the server can do without us in between."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.utils import timezone

from matching.answering import booking
from matching.models import Offer
from ops.binaries import postgres_binaries
from tests.harness import test_database_url
from waitlist.models import Slot

NEXT = r"""
\if :begun
\set n :n + :clients
\else
\set n :client_id
\set begun 1
\endif
"""


def claims_a_second(slots: list[Slot], *, clients: int, each: int) -> float:
    """The first offer of every slot claimed, each slot once, by this many connections."""
    first = Offer.objects.filter(slot=slots[0]).order_by("pk").first()
    assert first is not None
    script = NEXT + f"\\set slot {slots[0].pk} + :n\n\\set offer {first.pk} + {each} * :n\nBEGIN;\n"
    script += f"{_locking(first.pk)};\n{_writing(slots[0].pk, first.pk)};\nEND;\nSELECT pg_notify('bench', '1');\n"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        return _run(Path(file.name), clients=clients, transactions=len(slots) // clients)


def _locking(offer_id: int) -> str:
    return _with_variables(_filled_in(booking.LOCK, {"offer_id": offer_id}), offer=offer_id)


def _writing(slot_id: int, offer_id: int) -> str:
    """The one write, its constants as they are, slot and offer as variables."""
    facts = booking._facts(slot_id, offer_id, "link", timezone.now())
    return _with_variables(_filled_in(re.sub(r"--.*", "", booking.CLAIM), facts), slot=slot_id, offer=offer_id)


def _filled_in(statement: str, facts: dict[str, Any]) -> str:
    with connection.cursor() as cursor:
        return str(cursor.cursor.mogrify(statement, facts))


def _with_variables(statement: str, **ids: int) -> str:
    """Each of these ids replaced by the variable of its name; pgbench takes every other colon for one, too."""
    statement = re.sub(r"'\d{4}-\d\d-\d\d [\d:.+]+'::timestamptz", "now()", statement)
    statement = re.sub(r"'\{(\w+):(\w+)\}'", r"('{\1' || chr(58) || '\2}')", statement)
    for name, pk in ids.items():
        statement = re.sub(rf"\b{pk}\b", f":{name}::bigint", statement)
    return " ".join(statement.split())


def _run(script: Path, *, clients: int, transactions: int) -> float:
    url = urlsplit(test_database_url())
    command = [
        str(postgres_binaries() / "pgbench"), "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", "2",
        "-t", str(transactions), "-D", "begun=0", "-D", f"clients={clients}", "-D", "n=0", test_database_url(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode or found is None or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench on {url.path}: {done.stderr[-600:]}{done.stdout[-400:]}")
    return float(found[1])
