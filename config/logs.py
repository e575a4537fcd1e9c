"""What the log must never hold: the tokens that open a patient's page or set a password, and rows in errors."""

import logging
import re
from collections.abc import Mapping
from typing import Any

TOKEN = re.compile(r"(/(?:o|unsubscribe|password/[^/\s]+)/)[^/\s'\"?]+")
MASKED = r"\1…"
DETAIL = re.compile(r"^(\s*DETAIL:).*$", re.MULTILINE)  # PostgreSQL writes the row that broke a constraint


class NoTokens(logging.Filter):
    """Lets every line pass, with “…” for the token in each address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record is changed for whoever writes it."""
        record.msg = _masked(record.msg)
        if isinstance(record.args, Mapping):
            record.args = {name: _masked(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_masked(value) for value in record.args)
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = DETAIL.sub(MASKED, TOKEN.sub(MASKED, record.exc_text))
        return True


def _masked(value: Any) -> Any:
    """As it was where it names no token: a number stays a number for its %d."""
    text = str(value)
    masked = DETAIL.sub(MASKED, TOKEN.sub(MASKED, text))
    return masked if masked != text else value


def to_console(level: str) -> dict[str, Any]:
    """Django's LOGGING: one line each, on standard error, without tokens."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
        "filters": {"no_tokens": {"()": "config.logs.NoTokens"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_tokens"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "gunicorn.error": {"propagate": True},  # by our handler: it names addresses, too
            **{
                name: {"level": "WARNING"}
                for name in [
                    "httpx",
                    "twilio",
                    "celery.beat",  # these four tell of every sweep, every few seconds
                    "celery.app.trace",
                    "celery.worker.strategy",
                    "celery.worker.consumer",
                ]
            },
        },
    }
