#!/usr/bin/env bash
# Refuses a source file of more than 500 lines, tests left out. Long functions are clippy's to refuse.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=500
status=0
while IFS= read -r file; do
    lines=$(sed '/^#\[cfg(test)\]$/,$d' "$file" | wc -l)
    if [ "$lines" -gt "$limit" ]; then
        echo "$file has $lines lines, $limit are allowed: split it" >&2
        status=1
    fi
done < <(git ls-files --cached --others --exclude-standard '*.rs' | grep -vE '(^|/)tests?(/|\.rs$)|(^|/)(benches|examples|fuzz)/')
exit $status
