"""Everything that is kept on disk: written whole or not at all, checked at reading; knows nothing of the field."""
