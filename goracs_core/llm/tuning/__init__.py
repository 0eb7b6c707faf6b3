"""Fine-tuning of language models on coresets, and what a trained model is worth on held-out samples."""
