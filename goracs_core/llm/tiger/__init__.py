"""TIGER: a generative recommender over semantic ids (arXiv 2305.05065), trained from scratch."""
