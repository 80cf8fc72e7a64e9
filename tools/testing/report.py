"""What came of each program: a line as it ends, the output of those that failed, and the closing line."""

import dataclasses
import time


@dataclasses.dataclass
class Outcome:
    name: str
    passed: int
    failed: int
    seconds: float
    output: str = ""  # shown when something failed


class Report:
    def __init__(self):
        self.started = time.monotonic()
        self.passed = 0
        self.failed = 0

    def note(self, text):
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)

    def add(self, outcome):
        self.passed += outcome.passed
        self.failed += outcome.failed
        if outcome.failed:
            print(outcome.output.rstrip(), flush=True)
            self.note(f"FAILED {outcome.name}: {outcome.passed} passed, {outcome.failed} failed")
        else:
            self.note(f"ok     {outcome.name}: {outcome.passed} in {outcome.seconds:.1f} s")

    def broken(self, name, reason):
        """A part that could not run counts as a failure."""
        self.add(Outcome(name, 0, 1, 0, reason))

    def close(self):
        if self.passed + self.failed == 0:
            self.broken("test run", "no test ran")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
