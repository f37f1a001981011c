"""One product and the bestsellers it resembles become checked images."""
