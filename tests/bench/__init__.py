"""How fast it is, as ratios: `python3 run.py bench`. Prints a table and writes it to docs/benchmarks.md."""
