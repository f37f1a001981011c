"""One file per outside thing, with its local twin; the words and errors every floor shares."""
