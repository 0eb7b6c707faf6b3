"""Scores by which methods rank single samples."""

from __future__ import annotations

from goracs_core.glossary.term import Term

_DEALREC = "DEALRec, arXiv 2401.17197"

TERMS = (
    Term(
        "contribution",
        "Contribution",
        "Part of a selected sample in POO: its mean distance to what it covers, as a share of the largest distance, "
        "minus λ times its scaled gradient norm. POO is the mean of all contributions.",
        formula=r"k\sum_j P_{ij}\frac{d_{ij}}{\max d}-\lambda\,\frac{g_i}{\max g}",
        source="decomposition of POO by rows of the plan",
        page="scores",
    ),
    Term(
        "influence_score",
        "Influence",
        "Change of the surrogate's mean training loss if the sample were removed, estimated from its gradient and "
        "the damped Hessian of one layer. Only order and proportions are meaningful.",
        formula=r"\frac{1}{n^2}\,\nabla L(s)^\top H^{-1}\,\frac1n\sum_i\nabla L(s_i)",
        unit="nats",
        paper=r"I_{\mathrm{remove,\,loss}}(s)",
        source=f"{_DEALREC}, section 3.2, equations 4 to 8",
        page="scores",
    ),
    Term(
        "effort_score",
        "Effort",
        "Norm of the language model's adapter gradient, that is, the gradient norm of the features. It measures how "
        "much the sample would change the model.",
        symbol=r"\delta_s",
        formula=r"\delta_s=\lVert\nabla_\phi L_{\mathrm{LLM}}(s)\rVert_2",
        unit="loss per unit of weight",
        source=_DEALREC,
        page="scores",
    ),
    Term(
        "overall_score",
        "Overall score",
        "Influence scaled to 0 … 1 plus the effort weight times effort scaled to 0 … 1. The method ranks by this "
        "score: the highest scores are excluded, and the other samples are drawn by strata.",
        symbol="I_s",
        formula=r"I_s=\mathrm{minmax}(\mathrm{influence}_s)+\lambda_{\mathrm{effort}}\,\mathrm{minmax}(\delta_s)",
        paper=r"I_s=I_{\mathrm{remove,\,loss}}(s)+\lambda\,\delta_s",
        source=f"{_DEALREC}, equation 9; min-max scaling as in its code",
        page="scores",
    ),
    Term(
        "stratum",
        "Stratum",
        "Score range of equal width from which samples are drawn; 0 is the lowest. Samples above all strata were "
        "excluded. The smallest strata are drawn first, and what they lack goes to the others.",
        formula=r"\min\Big(|\text{stratum}|,\ \Big\lfloor\frac{\text{budget left}}{\text{strata left}}\Big\rfloor\Big)",
        unit="index",
        source=f"{_DEALREC}, section 3.3, algorithm 1; CCS, arXiv 2210.15809",
        page="scores",
    ),
    Term(
        "el2n",
        "EL2N",
        "Mean over the answer's tokens of the distance between the predicted probabilities and the true token, 0 to "
        "√2. 0 means a confident and correct prediction.",
        formula=r"\frac1T\sum_t\lVert p_t-y_t\rVert_2",
        source="arXiv 2107.07075, definition 2.2",
        page="scores",
    ),
    Term(
        "entropy",
        "Entropy",
        "Mean over the answer's tokens of the entropy of the prediction. High values mean that the language model is "
        "uncertain.",
        formula=r"-\frac1T\sum_t\sum_v p_{tv}\log p_{tv}",
        unit="nats",
        source="arXiv 1906.11829",
        page="scores",
    ),
    Term(
        "grand",
        "GraNd",
        "Norm of the adapter gradient at initialization, averaged over several initializations of the adapters.",
        formula=r"\mathbb{E}_{\phi_0}\lVert\nabla_\phi L(s)\rVert_2",
        unit="loss per unit of weight",
        source="arXiv 2107.07075, definition 2.1",
        page="scores",
    ),
    Term(
        "spread_score",
        "Spread score",
        "Difficulty scaled to 0 … 1 plus that of the nearest neighbors, weighted by distance. Each selected sample "
        "reduces the scores of its neighbors; the values shown are those before selection.",
        formula=r"s_i+\sum_{j\in N(i)}e^{-\gamma\,d_{ij}}\,s_j",
        source="D2 pruning, arXiv 2310.07931",
        page="scores",
    ),
)
