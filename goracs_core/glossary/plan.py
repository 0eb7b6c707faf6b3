"""The transport plan sample by sample, maps of the embeddings, coresets as sets."""

from __future__ import annotations

from goracs_core.glossary.term import Term

TERMS = (
    Term(
        "mass",
        "Matched mass",
        "Share of all mass that a sample sends or receives in the optimal plan. Each selected sample sends 1/k, each "
        "validation sample receives 1/m.",
        symbol="P_{ij}",
        formula=r"P^\ast=\arg\min_{P\in U(1/k,\,1/m)}\langle P,d_S\rangle,\quad \sum_{ij}P^\ast_{ij}=1",
        unit="share of all mass",
        source="Kantorovich's formulation of optimal transport",
        page="transport-plan",
    ),
    Term(
        "partners",
        "Partners",
        "Samples with which a sample exchanges mass. An exact plan has at most k + m − 1 pairs with mass.",
        unit="samples",
        source="basic solutions of the transport problem",
        page="transport-plan",
    ),
    Term(
        "mean_distance",
        "Mean distance",
        "Mass-weighted mean distance of a sample to its partners, not scaled. Its mean over the selected samples, "
        "divided by the largest distance, is the transport term.",
        formula=r"\frac{\sum_j P_{ij}\,d_{ij}}{\sum_j P_{ij}}",
        unit="that of the embeddings",
        source="transport plan",
        page="transport-plan",
    ),
    Term(
        "worst_covered",
        "Worst covered",
        "Largest mean distance between a validation sample and the selected samples that cover it.",
        formula=r"\max_j\ m\sum_i P_{ij}\,d_{ij}",
        unit="that of the embeddings",
        source="transport plan",
        page="transport-plan",
    ),
    Term(
        "removal",
        "Cost of removal",
        "Change of POO when a selected sample is removed and the other k − 1 samples send 1/(k − 1) each, by exact "
        "transport. Positive: POO is worse without it.",
        formula=r"\mathrm{POO}(S\setminus\{i\})-\mathrm{POO}(S)",
        unit="that of POO",
        source="exact transport plan",
        page="transport-plan",
    ),
    Term(
        "replacement",
        "Cost of replacement",
        "Change of POO when the best other pool sample takes the place of a selected one, by exact transport. Never "
        "negative in a coreset that no single exchange improves.",
        formula=r"\min_{o\notin S}\mathrm{POO}(S\setminus\{i\}\cup\{o\})-\mathrm{POO}(S)",
        unit="that of POO",
        source="exact transport plan",
        page="transport-plan",
    ),
    Term(
        "jaccard",
        "Jaccard overlap",
        "Number of samples in both coresets divided by the number in either: 1 for identical coresets, 0 without a "
        r"common sample. Two random coresets of $k$ from $n$ samples have about $k/(2n-k)$.",
        formula=r"\frac{|A\cap B|}{|A\cup B|}",
        source="Jaccard, Bulletin de la Société vaudoise des sciences naturelles 37, 1901",
        page="sweep",
    ),
    Term(
        "pareto",
        "Pareto front",
        "A coreset is on the Pareto front if no other one of this budget is at least as good in both terms (smaller "
        "transport term, larger gradient term) and better in one. λ determines the weight of the two terms; the front "
        "shows the possible trade-offs.",
        formula=r"\begin{gathered}\nexists\,S':\ W(S')\le W(S)\ \text{and}\ G(S')\ge G(S)\\ \text{with one of the two "
        r"strict}\end{gathered}",
        unit="yes or no",
        source="multi-objective optimization",
        page="sweep",
    ),
    Term(
        "knee",
        "Knee of λ",
        "Where λ has bought most gradient for least coverage: both terms are scaled to 0 … 1 between the ends of the "
        "line, and the gained share of the gradient term exceeds the lost share of coverage most.",
        formula=r"\arg\max_\lambda\ \frac{G_\lambda-G_{\min}}{G_{\max}-G_{\min}}"
        r"-\frac{W_\lambda-W_{\min}}{W_{\max}-W_{\min}}",
        unit="a value of λ",
        source="distance to the chord, as in Satopää et al., ICDCS workshops 2011",
        page="sweep",
    ),
    Term(
        "half_life",
        "Half-life",
        "Age at which a validation sample has half the weight of the newest one, for data that change over time.",
        symbol="h",
        formula=r"\nu_j\propto 2^{-a_j/h}\quad\text{with age }a_j",
        unit="days",
        source="an option of this program for the open question of GORACS on temporal drift",
        page="run",
    ),
    Term(
        "pca",
        "PCA map",
        "The two directions of largest variance of pool and validation together. It preserves large distances and "
        "shows only the share of the variance that two directions hold.",
        formula=r"\frac{\lambda_1+\lambda_2}{\sum_l\lambda_l}\quad\text{(eigenvalues of the covariance)}",
        unit="share of the variance",
        source="principal component analysis",
        page="embedding-map",
    ),
    Term(
        "trust",
        "Trustworthiness of a map",
        "How far the neighbors on the map are neighbors in the embedding space: 1 if all are; intruders count by "
        "their true rank. Sizes, densities and distances between groups are not covered by it.",
        symbol="T(q)",
        formula=r"T(q)=1-\frac{2}{Nq(2N-3q-1)}\sum_i\sum_{j\in U_q(i)}(r(i,j)-q)",
        source="Venna and Kaski, ICANN 2001; UMAP: arXiv 1802.03426",
        page="embedding-map",
    ),
)
