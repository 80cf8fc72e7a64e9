"""./test: builds with sanitizers and runs the tests. See --help; the pieces are beside this file."""

import argparse
import concurrent.futures
import os
import signal
import subprocess
import sys
import time

import parts
from postgresql import TemporaryPostgresql
from report import Report

EPILOG = """Without a name everything runs. A name is a room (oauth, storage ...) or one of
  checks     the include check and what else needs no building
  units      the test programs of all rooms
  fuzz       the fuzzers over their seed corpora
  clients    foreign OpenID Connect clients against a live server
  journeys   a browser (headless Chromium) against a live server
The last line is "N passed, N failed"; the exit status says whether all passed.
Logs stay in build/asan/test-logs."""


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="./test", description="Builds Gatehouse with AddressSanitizer and UBSan and tests it.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to run: rooms or parts; all when left out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="test programs at a time (default: cores)")
    parser.add_argument("--filter", help="run only tests whose name contains this (of test programs and node tests)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in parts.known_names()]
    if unknown:
        parser.error(f"unknown name {unknown[0]}; known are {', '.join(parts.known_names())}")
    return arguments


def build(plan, report):
    targets = plan.targets()
    if not targets:
        return True
    started = time.monotonic()
    status = subprocess.run([parts.TOP / "tools/build", "asan", *targets], stdin=subprocess.DEVNULL).returncode
    if status:
        report.broken("build", "the build failed")
    else:
        report.note(f"built in {time.monotonic() - started:.0f} s")
    return status == 0


def install_node_modules(plan, report):
    folders = plan.node_folders()
    if not folders:
        return True
    status = subprocess.run([parts.TOP / "tools/install_node_modules", *folders], stdin=subprocess.DEVNULL).returncode
    if status:
        report.broken("npm packages", "npm ci failed")
    return status == 0


def run(plan, arguments, report):
    if not (install_node_modules(plan, report) and build(plan, report)):
        return
    programs = plan.programs(arguments.filter)
    if not programs:
        return report.broken("plan", "nothing to run")
    with TemporaryPostgresql(needed=plan.needs_postgresql()) as cluster:
        environment = {**os.environ, **parts.SANITIZERS, **cluster.environment()}
        with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
            waiting = [pool.submit(program.run, environment) for program in programs]
            for done in concurrent.futures.as_completed(waiting):
                report.add(done.result())
    parts.remember([done.result() for done in waiting])


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the cluster is stopped
    report = Report()
    plan = parts.Plan(arguments.names)
    try:
        run(plan, arguments, report)
    except KeyboardInterrupt:
        report.broken("interrupted", "stopped by Ctrl-C")
    except Exception as error:  # a fault of this script is a failed run, with its closing line
        report.broken("test run", repr(error))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
