#!/usr/bin/env python3
"""Builds and runs every test, suites that wait more than they compute side by side, and ends with one summary.

    scripts/test.py              all suites
    scripts/test.py e2e matrix   only these
    scripts/test.py --list       their names

The output of each suite goes to target/test/SUITE.log; that of a suite that fails is printed.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "target/test")

# Suites of one lane run one after the other, the lanes of a phase side by side. `matrix` and `load`
# measure what calls do to each other, so nothing runs beside them.
PHASES = [
    [["core", "program", "doc", "it", "e2e"], ["client", "client rooms", "rtc", "page"]],
    [["matrix"]],
    [["load"]],
]

# Cargo's targets, by folder of the package and name. The unit tests of all other packages are the
# suite "program".
SUITES = {
    (".", "it"): "it",
    (".", "e2e"): "e2e",
    (".", "matrix"): "matrix",
    (".", "load"): "load",
    ("crates/livekit-dylib", "lib"): "client",
}
OTHERS = {
    "crates/core": "core",
    "crates/livekit-dylib": "client rooms",
    "crates/rtc": "rtc",
    "crates/rtc-audio": "rtc",
}

# A suite that says nothing new for so long is told to be running, in seconds.
STILL_EVERY = 60

COUNTS = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
NODE_COUNT = re.compile(r"^# (pass|fail|skipped) (\d+)")
DONE = re.compile(r"^(test .* \.\.\. ok|ok \d+ - )")

printing = threading.Lock()


def say(text):
    with printing:
        print(text, flush=True)


class Suite:
    """Commands that are run one after the other, and what came of them."""

    def __init__(self, name):
        self.name = name
        self.commands = []
        self.passed = self.failed = self.ignored = self.done = 0
        self.seconds = 0.0
        self.is_ok = None
        self.log = os.path.join(LOGS, name.replace(" ", "-") + ".log")

    def run(self):
        say(f"{self.name}: started")
        began = time.monotonic()
        still = threading.Event()
        telling = threading.Thread(target=self.tell_still, args=(still, began), daemon=True)
        telling.start()
        with open(self.log, "w", encoding="utf-8") as log:
            codes = [self.run_one(command, cwd, log) for command, cwd in self.commands]
        still.set()
        self.seconds = time.monotonic() - began
        self.is_ok = not any(codes) and self.failed == 0
        verdict = "ok" if self.is_ok else "FAILED"
        say(f"{self.name}: {verdict}, {self.passed} passed, {self.failed} failed, {self.seconds:.0f} s")
        if not self.is_ok:
            with open(self.log, encoding="utf-8") as log:
                say(f"---- {self.log}\n{log.read()}---- end of {self.name}")

    def run_one(self, command, cwd, log):
        child = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        for line in child.stdout:
            log.write(line)
            log.flush()
            self.count(line)
        return child.wait()

    def count(self, line):
        if DONE.match(line):
            self.done += 1
        elif counts := COUNTS.match(line):
            passed, failed, ignored = map(int, counts.groups())
            self.passed += passed
            self.failed += failed
            self.ignored += ignored
        elif count := NODE_COUNT.match(line):
            field = {"pass": "passed", "fail": "failed", "skipped": "ignored"}[count.group(1)]
            setattr(self, field, getattr(self, field) + int(count.group(2)))

    def tell_still(self, over, began):
        while not over.wait(STILL_EVERY):
            say(f"{self.name}: {self.done} done after {time.monotonic() - began:.0f} s")


def build():
    """Builds all test programs; gives each with the folder of its package and its target."""
    command = ["cargo", "test", "--workspace", "--locked", "--no-run", "--message-format=json-render-diagnostics"]
    building = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if building.returncode != 0:
        sys.exit(building.returncode)
    for line in building.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] != "compiler-artifact" or not message.get("executable"):
            continue
        if not message["profile"]["test"]:
            continue
        folder = os.path.relpath(os.path.dirname(message["manifest_path"]), ROOT)
        kind = message["target"]["kind"][0]
        name = message["target"]["name"] if kind == "test" else kind
        yield folder, name, message["executable"]


def suites():
    order = [name for phase in PHASES for lane in phase for name in lane]
    found = {name: Suite(name) for name in order}
    for folder, name, program in build():
        suite = SUITES.get((folder, name)) or OTHERS.get(folder, "program")
        found[suite].commands.append(([program], os.path.join(ROOT, folder)))
    found["doc"].commands.append((["cargo", "test", "--workspace", "--locked", "--doc"], ROOT))
    found["page"].commands.append((["npm", "test"], os.path.join(ROOT, "web")))
    return found


def main():
    wanted = sys.argv[1:]
    names = [name for phase in PHASES for lane in phase for name in lane]
    if wanted == ["--list"]:
        print("\n".join(names))
        return 0
    if unknown := [it for it in wanted if it not in names]:
        print(f"no such suite: {', '.join(unknown)}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    os.makedirs(LOGS, exist_ok=True)
    os.environ.setdefault("RUST_TEST_THREADS", "4")
    began = time.monotonic()
    say("building the tests")
    found = suites()
    say(f"built after {time.monotonic() - began:.0f} s")
    for phase in PHASES:
        lanes = []
        for lane in phase:
            lane = [found[name] for name in lane if not wanted or name in wanted]
            lanes.append(threading.Thread(target=lambda lane=lane: [it.run() for it in lane]))
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
    ran = [it for it in found.values() if it.is_ok is not None]
    print(f"\n{'suite':<14} {'passed':>7} {'failed':>7} {'ignored':>8} {'seconds':>8}")
    for it in ran:
        print(f"{it.name:<14} {it.passed:>7} {it.failed:>7} {it.ignored:>8} {it.seconds:>8.0f}")
    total = time.monotonic() - began
    print(f"{sum(it.passed for it in ran)} tests passed, {sum(it.failed for it in ran)} failed in {total / 60:.1f} min")
    failed = [it.name for it in ran if not it.is_ok]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
