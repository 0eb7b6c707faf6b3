"""Small sequential recommenders that stand in for the language model where training must be cheap (DEALRec)."""
