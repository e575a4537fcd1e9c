"""The stack that runs now, shared by the tests that can share one."""

import shutil

from tests.harness import Stack


class Stacks:
    """At most one running stack; asking for other variables replaces it."""

    def __init__(self) -> None:
        self.running: Stack | None = None
        self.variables: dict[str, str] = {}

    def get(self, variables: dict[str, str]) -> Stack:
        if self.running is not None and self.variables != variables:
            self.stop()
        if self.running is None:
            self.running, self.variables = Stack(**variables), variables
            try:
                self.running.start()
            except BaseException:
                self.stop()
                raise
        self.running.wake()
        return self.running

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()
            shutil.rmtree(self.running.folder, ignore_errors=True)
        self.running = None


STACKS = Stacks()
