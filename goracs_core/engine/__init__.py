"""Where rows of distances live: in memory, recomputed block by block, or on a GPU, behind one interface."""
