"""What there is to run: finds the programs and knows how to read what each of them says."""

import json
import pathlib
import re
import subprocess
import time

from report import Outcome

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = TOP / "build/asan"
LOGS = BUILD / "test-logs"
DURATIONS = BUILD / "test-durations.json"
PARTS = ["checks", "units", "fuzz", "clients", "journeys"]
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "ASAN_SYMBOLIZER_PATH": "/usr/lib/llvm-19/bin/llvm-symbolizer",
}
# Debian 12's Node.js 18 has the Web Crypto API behind a flag; later ones ignore it.
NODE = ["node", "--experimental-global-webcrypto", "--dns-result-order=ipv4first", "--test-reporter=tap"]
TIME_LIMIT = 900  # seconds, for one program


def rooms():
    text = (TOP / "src/CMakeLists.txt").read_text(encoding="utf-8")
    return re.findall(r"^\s*gatehouse_room\(\s*(\w+)", text, re.M)


def known_names():
    return PARTS + rooms()


class Program:
    """One process whose output tells how many tests passed and failed."""

    def __init__(self, name, command, count, cwd=TOP):
        self.name = name
        self.command = [str(word) for word in command]
        self.count = count  # (output, exit status) -> (passed, failed)
        self.cwd = cwd

    def run(self, environment):
        log = LOGS / f"{self.name.replace('/', '-')}.log"
        started = time.monotonic()
        status = "ran out of time"
        with open(log, "wb") as out:
            try:
                status = subprocess.run(self.command, cwd=self.cwd, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=out, stderr=subprocess.STDOUT, timeout=TIME_LIMIT).returncode
            except subprocess.TimeoutExpired:
                pass
            except OSError as error:
                out.write(str(error).encode())
                status = "could not be started"
        seconds = time.monotonic() - started
        output = log.read_text(errors="replace")
        passed, failed = self.count(output, status)
        if status != 0 and failed == 0:
            failed = 1
        return Outcome(self.name, passed, failed, seconds,
                       f"--- {self.name}: exit status {status}; the end of {log.relative_to(TOP)}:\n{output[-12000:]}")


def durations():
    try:
        return json.loads(DURATIONS.read_text())
    except (OSError, ValueError):
        return {}


def remember(outcomes):
    took = {**durations(), **{outcome.name: round(outcome.seconds, 2) for outcome in outcomes}}
    DURATIONS.write_text(json.dumps(took, indent=1, sort_keys=True))


def count_gtest(results):
    def count(_output, _status):
        try:
            suites = json.loads(results.read_text())["testsuites"]
        except (OSError, ValueError):
            return 0, 1
        tests = [test for suite in suites for test in suite["testsuite"] if test["status"] == "RUN"]
        # A test that skips itself could not run, and this run is to run everything.
        failed = sum(1 for test in tests if "failures" in test or test["result"] != "COMPLETED")
        return len(tests) - failed, failed

    return count


def count_tap(output, _status):
    said = {key: int(value) for key, value in re.findall(r"^# (pass|fail|cancelled|skipped) (\d+)$", output, re.M)}
    failed = said.get("fail", 0) + said.get("cancelled", 0) + said.get("skipped", 0)
    return (said["pass"], failed) if said.get("pass", 0) + failed else (0, 1)


def count_seeds(output, status):
    ran = re.search(r"^(\d+) inputs$", output, re.M)
    return (int(ran.group(1)), 0) if ran and status == 0 else (0, 1)


def count_exit(_output, status):
    return (1, 0) if status == 0 else (0, 1)


class Plan:
    """The programs that concern the names given; no names mean everything."""

    def __init__(self, names):
        self.names = names

    def wants(self, part, *concerned):
        return not self.names or part in self.names or any(room in self.names for room in concerned)

    # -- what exists

    def unit_programs(self):
        found = sorted({path.parent.relative_to(TOP / "src").parts[0] for path in (TOP / "src").glob("**/*_test.cpp")})
        return [room for room in found if self.wants("units", room)]

    def fuzzers(self):
        """tests/fuzz/<room>_<what>_fuzzer.cpp, its seeds in tests/fuzz/corpus/<room>_<what>/."""
        found = sorted(path.stem for path in (TOP / "tests/fuzz").glob("*_fuzzer.cpp"))
        return [name for name in found if self.wants("fuzz", name.split("_")[0])]

    def live(self):
        """tests/clients and tests/journeys; "rooms: signin, account" in a file says which rooms it concerns."""
        found = []
        for part in ("clients", "journeys"):
            for path in sorted((TOP / "tests" / part).glob("*.test.mjs")):
                said = re.search(r"rooms: ([\w, ]+)", path.read_text(encoding="utf-8"))
                if self.wants(part, *(said.group(1).replace(",", " ").split() if said else [])):
                    found.append(path)
        return found

    # -- what they need

    def targets(self):
        targets = [f"{room}_test" for room in self.unit_programs()] + self.fuzzers()
        live = [path.name for path in self.live()]
        if "webauthn-oracles.test.mjs" in live:
            targets += ["webauthn_cases", "libfido2_verdicts"]
        return targets + ["gatehouse"] if live else targets

    def needs_postgresql(self):
        return bool(self.unit_programs() or self.live())

    def node_folders(self):
        return ["tests", "examples"] if self.live() else []

    def programs(self, name_filter=None):
        LOGS.mkdir(parents=True, exist_ok=True)
        programs = []
        if self.wants("checks"):
            check = TOP / "tools/check_includes"
            programs.append(Program("check_includes", [check], count_exit))
            programs.append(Program("check_includes --self-test", [check, "--self-test"], count_exit))
            errors = TOP / "tools/list_errors"
            programs.append(Program("list_errors --check", [errors, "--check"], count_exit))
            programs.append(Program("list_errors --self-test", [errors, "--self-test"], count_exit))
            programs.append(Program("check_attacks", [TOP / "tools/check_attacks"], count_exit))
        for room in self.unit_programs():
            results = LOGS / f"{room}_test.json"
            results.unlink(missing_ok=True)
            command = [BUILD / f"src/{room}_test", f"--gtest_output=json:{results}", "--gtest_brief=1"]
            if name_filter:
                command.append(f"--gtest_filter=*{name_filter}*")
            programs.append(Program(f"{room}_test", command, count_gtest(results)))
        for fuzzer in self.fuzzers():
            seeds = TOP / "tests/fuzz/corpus" / fuzzer.removesuffix("_fuzzer")
            programs.append(Program(fuzzer, [BUILD / "tests/fuzz" / fuzzer, seeds], count_seeds))
        for path in self.live():
            name = f"{path.parent.name}/{path.name}"
            pattern = [f"--test-name-pattern={name_filter}"] if name_filter else []
            programs.append(Program(name, [*NODE, *pattern, path], count_tap))
        took = durations()
        # The longest first, so that none is left alone at the end; a new one may be the longest.
        return sorted(programs, key=lambda program: -took.get(program.name, 1e9))
