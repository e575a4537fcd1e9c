"""One clinic's round: what is out is settled, then whoever is due is asked."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from waitlist.models import Clinic
from waitlist.still_wanted.asking import ask, due
from waitlist.still_wanted.silence import open_questions, settle

log = logging.getLogger(__name__)
AT_ONCE = 200  # a clinic that begins to ask has its whole list asked in some hours, and can read what comes back


def sweep(clinic: Clinic, *, now: datetime) -> int:
    """How many were asked. Each question in a transaction of its own; nothing where the clinic does not ask."""
    if not clinic.asks_still_wanted:
        return 0
    _each(open_questions(clinic), lambda entry_id: settle(entry_id, now=now))
    return _each(due(clinic, now=now)[:AT_ONCE], lambda patient_id: ask(patient_id, now=now))


def _each(ids: Iterable[int], act: Callable[[int], object]) -> int:
    """For how many of these it was done; one bad row holds up no other."""
    done = 0
    for pk in ids:
        try:
            done += bool(act(pk))
        except Exception:
            log.exception("row %s: whether it is still wanted could not be asked or settled", pk)
    return done
