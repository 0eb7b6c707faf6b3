"""The maker of the synthetic shop. Whoever opens a dataset, the shipped demo too, does without it."""
