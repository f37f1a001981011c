"""The gate's measurements, one file per question; `generators.checks` asks them in order."""
