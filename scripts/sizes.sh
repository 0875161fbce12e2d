#!/usr/bin/env bash
# Rejects source files of more than 500 lines, not counting tests. Clippy rejects long functions.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=500
status=0
while IFS= read -r file; do
    lines=$(sed '/^#\[cfg(test)\]$/,$d' "$file" | wc -l)
    if [ "$lines" -gt "$limit" ]; then
        echo "$file has $lines lines, but at most $limit are allowed: split it" >&2
        status=1
    fi
done < <(git ls-files --cached --others --exclude-standard '*.rs' | grep -vE '(^|/)tests?(/|\.rs$)|(^|/)(benches|examples|fuzz)/')
exit $status
