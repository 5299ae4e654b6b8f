"""Runs every benchmark and prints its tables. Medians; machines are noisy, so read the ratios."""

from bench import (
    agent_kinds,
    demo_cost,
    external_tools,
    keeping,
    layers,
    page_speed,
    page_start,
    pages,
    parsing,
    places,
    sandbox,
    tokens,
    tool_calls,
)

REPORTS = (
    layers.report,
    places.report,
    demo_cost.report,
    tokens.report,
    agent_kinds.report,
    keeping.report,
    page_speed.report,
    page_start.report,
)


def main() -> None:
    print(sandbox.report(), end="\n\n")
    print(parsing.report(), end="\n\n")
    print(tool_calls.report(), end="\n\n")
    print(external_tools.report(), end="\n\n")
    print(pages.report(), end="\n\n")
    rows = [row for report in REPORTS for row in report()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
