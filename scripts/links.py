#!/usr/bin/env python3
"""Checks the links and paths in every Markdown file, and that the book contains every page."""

import glob
import os
import re
import subprocess
import sys

BOOK = "docs/src"
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"#{1,6} +(.*)")
EXTERNAL = re.compile(r"[a-z]+:")
PATH = re.compile(r"`((?:crates|deploy|docs|scripts|src|tests|web)/[^`\s]*)`")


def prose(path):
    """Yields the numbered lines of a file, without code blocks."""
    in_code = False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.lstrip().startswith("```"):
                in_code = not in_code
            elif not in_code:
                yield number, line


def anchors(path):
    """Returns the IDs that mdBook and GitHub give to the headings of a file."""
    found = set()
    for _, line in prose(path):
        if heading := HEADING.match(line):
            text = re.sub(r"\]\([^)]*\)", "", heading[1]).strip().lower()
            slug = re.sub(r"[^\w\s-]", "", text).replace(" ", "-")
            repeated = (f"{slug}-{nth}" for nth in range(1, 100))
            found.add(slug if slug not in found else next(it for it in repeated if it not in found))
    return found


def problem(source, target):
    """Describes what is wrong with a link from the file `source` to `target`."""
    path, _, anchor = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(source), path)) if path else source
    if not os.path.exists(path):
        return f"no file {path}"
    if anchor and anchor not in anchors(path):
        return f"no heading #{anchor} in {path}"
    return None


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    files = sorted(path for path in subprocess.check_output(command, text=True).splitlines() if os.path.exists(path))
    problems, linked = [], set()
    for source in files:
        for number, line in prose(source):
            for path in PATH.findall(line):
                if not any(glob.glob(os.path.join(folder, path)) for folder in (".", os.path.dirname(source))):
                    problems.append(f"{source}:{number}: no file {path}")
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if EXTERNAL.match(target):
                    continue
                if wrong := problem(source, target):
                    problems.append(f"{source}:{number}: {wrong}")
                if source == f"{BOOK}/SUMMARY.md":
                    linked.add(f"{BOOK}/{target}")
    pages = {path for path in files if path.startswith(f"{BOOK}/")} - {f"{BOOK}/SUMMARY.md"}
    problems += [f"{page}: not in SUMMARY.md" for page in sorted(pages - linked)]
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
