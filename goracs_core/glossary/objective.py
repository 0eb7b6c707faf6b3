"""The objective of GORACS, the proof of a lower bound, and how the solvers went."""

from __future__ import annotations

from goracs_core.glossary.term import Term

_GORACS = "GORACS, arXiv 2506.04015, section 4"
_CERTIFICATE = "Lagrangian relaxation; docs/certificate.md"

OBJECTIVE = (
    Term(
        "poo",
        "Proxy optimization objective (POO)",
        "What GORACS minimizes in place of the test loss, by exact optimal transport; smaller is better.",
        symbol=r"\mathrm{POO}(S)",
        formula=r"\mathrm{POO}(S)=\frac{\mathrm{OT}(d_S)}{\max d}-\lambda\,\frac{1}{k}\sum_{i\in S}\frac{g_i}{\max g}",
        paper=r"\mathcal{S}",
        source=_GORACS,
    ),
    Term(
        "transport",
        "Transport term",
        "Least mean distance over which the mass of the coreset can be carried to the validation samples, as a share "
        "of the largest distance. 0 means that the coreset covers them perfectly.",
        symbol=r"W(S)",
        formula=r"\begin{gathered}W(S)=\frac{\mathrm{OT}(d_S)}{\max d},\quad \mathrm{OT}(d_S)=\min_{P\ge 0}"
        r"\sum_{i\in S}\sum_j P_{ij}\,d_{ij}\\ \sum_j P_{ij}=\tfrac1k,\quad \sum_i P_{ij}=\tfrac1m\end{gathered}",
        paper=r"\mathrm{OT}(\mathcal{S},\mathcal{V})",
        source=_GORACS,
    ),
    Term(
        "gradient",
        "Gradient term",
        r"Mean gradient norm of the selected samples, as a share of the largest. POO subtracts $\lambda$ times this "
        "term, so larger is better.",
        symbol="G(S)",
        formula=r"G(S)=\frac1k\sum_{i\in S}\frac{g_i}{\max g}",
        source=_GORACS,
    ),
    Term(
        "lambda",
        "λ",
        "Weight of the gradient term relative to the transport term. 0 uses transport only. With a large value, the "
        "samples with the largest gradient norms are selected regardless of coverage.",
        symbol=r"\lambda",
        paper=r"\lambda",
        source=f"{_GORACS}; 0.1 for next titles and 0.5 for clicks there",
        page="sweep",
    ),
    Term(
        "below_random",
        "Below random",
        "Mean POO of random coresets of the same size less the POO of this one, as a share of their mean transport "
        "term. POO itself can be zero or negative, so that shares of it mean nothing.",
        formula=r"\frac{\overline{\mathrm{POO}}_{\text{random}}-\mathrm{POO}(S)}{\overline{W}_{\text{random}}}",
        unit="share of the transport term",
        source="a measure of this program",
    ),
    Term(
        "random_poo",
        "POO of random selection",
        "Mean POO of random coresets of the same size. A coreset is worth something only below their range.",
        formula=r"\frac1R\sum_{r=1}^{R}\mathrm{POO}(S_r),\quad S_r\ \text{drawn uniformly},\ |S_r|=k",
        source="a reference of this program",
    ),
    Term(
        "gradient_norm",
        "Gradient norm",
        "Length of the gradient of the sample's loss with respect to the adapter weights of the language model: how "
        "much this sample alone would change the model.",
        symbol="g_i",
        formula=r"g_i=\lVert\nabla_\phi L(s_i)\rVert_2",
        unit="loss per unit of weight",
        paper=r"\lVert\nabla_\phi\mathcal{L}\rVert",
        source=_GORACS,
        page="features",
    ),
    Term(
        "distance",
        "Distance",
        "Euclidean distance of a pool sample and a validation sample in the encoder's space. Its maximum over all "
        "pairs is the scale of the transport term.",
        symbol="d_{ij}",
        formula=r"d_{ij}=\lVert e_i-e_j\rVert_2",
        unit="that of the embeddings",
        source=_GORACS,
        page="transport-plan",
    ),
    Term(
        "budget",
        "Budget",
        "Number of selected samples.",
        symbol="k",
        unit="samples",
        paper="n",
        source=_GORACS,
    ),
    Term(
        "pool",
        "Pool samples",
        "The training samples that are available for selection.",
        symbol="n",
        unit="samples",
        paper=r"|\mathcal{T}|",
        source=_GORACS,
        page="dataset",
    ),
    Term(
        "validation",
        "Validation samples",
        "Samples that the coreset must cover. Their distribution stands for that of the test, so they decide what "
        "the coreset is made for.",
        symbol="m",
        unit="samples",
        paper=r"|\mathcal{V}|",
        source=_GORACS,
        page="dataset",
    ),
)

PROOF = (
    Term(
        "lower_bound",
        "Lower bound",
        "No coreset of this size has a smaller POO. It is proven by one price per validation sample and can be "
        "verified from the data and the prices alone.",
        symbol="L(v)",
        formula=r"\begin{gathered}L(v)=\sum_j\nu_j v_j+\min_{|K|=k}\sum_{i\in K}q_i(v)\ \le\ \mathrm{POO}(S)\\ "
        r"q_i(v)=\min_{p}\ \sum_j p_j\,(C_{ij}-v_j)\\ 0\le p_j\le\nu_j,\quad \sum_j p_j=\tfrac1k\end{gathered}",
        source=_CERTIFICATE,
    ),
    Term(
        "gap",
        "Gap",
        "The largest possible improvement by another coreset of this size, relative to the transport term of this "
        "one. The gradient term is not part of the denominator, because POO itself can be near zero or negative. 0 % "
        "means proven optimal.",
        formula=r"\frac{\mathrm{POO}(S)-L(v)}{W(S)}",
        unit="share of the transport term",
        source=_CERTIFICATE,
    ),
    Term(
        "price",
        "Price",
        "Multiplier of a validation sample in the proof of the lower bound. A high price means that the sample is "
        "expensive to cover for any coreset of this size. Only differences between prices are meaningful: adding a "
        "constant to all of them does not change the proof.",
        symbol="v_j",
        formula=r"v=\arg\max_v L(v)",
        unit="d / max d",
        source=_CERTIFICATE,
        page="transport-plan",
    ),
    Term(
        "iterations",
        "Iterations",
        "Price updates of the dual ascent that raised the lower bound.",
        unit="count",
        source=_CERTIFICATE,
    ),
    Term(
        "full_passes",
        "Full passes",
        "How often all n pool samples were priced; bounds are computed only there.",
        unit="count",
        source=_CERTIFICATE,
    ),
    Term(
        "pass_at_1",
        "pass@1",
        "Share of accepted exchanges whose first-ranked pair was accepted immediately. Near 100 %, the estimate used "
        "to rank the pairs is accurate; near 0 %, it is misleading. If pairs were evaluated and none was accepted, it "
        "is 0 %: the start set is already locally optimal for these pairs, or the estimate ranks pairs poorly or "
        "ranks too few candidates.",
        formula=r"\frac{\#\ \text{accepted, first pair tried}}{\#\ \text{accepted exchanges}}",
        unit="share",
        source="GORACS, arXiv 2506.04015, section 5",
    ),
)
