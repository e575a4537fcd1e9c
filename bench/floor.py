"""The least a queue can take here: a task that does nothing, through the same broker, there and back."""

import os
import sys
import time
from pathlib import Path

import redis
from celery import Celery

from ops.processes import Child, kill_group, spawn, wait_until

QUEUE = "bench-floor"
ROOT = Path(__file__).resolve().parent.parent

app = Celery("floor", broker=os.environ.get("REDIS_URL", ""))
app.conf.update(
    task_default_queue=QUEUE,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)


@app.task(name="bench.floor.answer")
def answer(key: str) -> None:
    redis.Redis.from_url(os.environ["REDIS_URL"]).lpush(key, "1")


class Floor:
    """A worker of its own on the broker of the others."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "floor.log"
        self.child: Child | None = None
        self.broker = redis.Redis.from_url(os.environ["REDIS_URL"])

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "bench.floor", "-q", "worker", "-c", "1", "-l", "INFO"]
        with self.log.open("ab") as log:
            child = spawn([*command, "-n", "floor@local", "-Q", QUEUE], output=log, env={**os.environ}, cwd=ROOT)
        self.child = child
        if not wait_until(lambda: " ready." in self.log.read_text(), child, seconds=30):
            raise RuntimeError(f"The worker of the floor did not start:\n{self.log.read_text()}")

    def round_trip_ms(self, number: int) -> float:
        """From sending the task to hearing that it has run."""
        key = f"bench-floor-{number}"
        started = time.perf_counter()
        answer.delay(key)
        if self.broker.blpop([key], timeout=10) is None:
            raise RuntimeError("The task that does nothing was not run within 10 s.")
        return (time.perf_counter() - started) * 1000

    def stop(self) -> None:
        if self.child is not None:
            kill_group(self.child.pid)
            self.child.wait()
