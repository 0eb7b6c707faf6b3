"""The public door: from arrays or a dataset to a coreset that can be asked questions; `import goracs_core as goracs`.

>>> import numpy as np
>>> import goracs_core as goracs
>>> rng = np.random.default_rng(0)
>>> pool, validation, norms = rng.normal(size=(300, 8)), rng.normal(size=(80, 8)), rng.gamma(2.0, size=300)
>>> coreset = goracs.select(pool, validation, budget=20, lambda_=0.05, gradient_norms=norms)
>>> coreset.indices.shape, coreset.certificate.gap < 0.1
((20,), True)
>>> abs(coreset.poo - (coreset.transport_term - 0.05 * coreset.gradient_term)) < 1e-12
True
>>> goracs.verify(coreset).verified
True
>>> evaluation = goracs.evaluate(coreset, random_draws=5)
>>> evaluation.poo.value < evaluation.poo.low
True
"""

from goracs_core.api.coreset import Coreset, select
from goracs_core.api.evaluation import BesideRandom, Evaluation, evaluate, verify
from goracs_core.api.given import load_dataset

__all__ = ["BesideRandom", "Coreset", "Evaluation", "evaluate", "load_dataset", "select", "verify"]
