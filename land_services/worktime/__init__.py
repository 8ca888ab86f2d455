"""When the municipality works: dated weeks, days of its own, and the clock of a stage."""
