"""TIGER: an encoder-decoder, trained from scratch, that writes the semantic id of the next item (arXiv 2305.05065)."""
