"""Prints which attempt needs which layer: `python -m tests.agent_core.sandbox.escapes`."""

from collections import Counter

from tests.agent_core.sandbox.escapes.corpus import ATTEMPTS


def main() -> None:
    """Two tables in Markdown: how many attempts each layer stops, and every attempt."""
    stops = Counter(layer for attempt in ATTEMPTS for layer in attempt.layers)
    alone = Counter(attempt.layer for attempt in ATTEMPTS)
    print("| layer | stops | stops alone |\n|---|---:|---:|")
    for layer, count in stops.most_common():
        print(f"| {layer} | {count} | {alone[layer]} |")
    raw = sum(attempt.raw for attempt in ATTEMPTS)
    lifted = sum(not attempt.harm for attempt in ATTEMPTS)
    print(f"\n{len(ATTEMPTS)} attempts, {raw} raw, {lifted} also with the layer lifted.\n")
    print("| subject | attempt | layer | raw | not lifted, because |\n|---|---|---|---|---|")
    for attempt in ATTEMPTS:
        raw_mark = "raw" if attempt.raw else ""
        print(f"| {attempt.subject} | {attempt.name} | {attempt.layer} | {raw_mark} | {attempt.harm} |")


if __name__ == "__main__":
    main()
