"""What the steps of the recipes do; each may run twice, and every effect has a key of its own."""
