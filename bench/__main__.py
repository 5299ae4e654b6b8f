"""Runs every benchmark and prints one table. Medians; machines are noisy, so read the ratios."""

from bench import demo_cost, page_start

REPORTS = (demo_cost.report, page_start.report)


def main() -> None:
    rows = [row for report in REPORTS for row in report()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
