"""What is measured of a trained recommender."""

from __future__ import annotations

from goracs_core.glossary.term import Term

TERMS = (
    Term(
        "test_loss",
        "Test loss",
        "Mean cross-entropy over the test samples; smaller is better. Next title: mean over the tokens of the "
        "target's title and the end token. Yes or No: of the correct answer relative to the other one. ±: standard "
        "error over the test samples.",
        formula=r"-\frac1q\sum_{s}\frac{1}{T_s}\sum_{t}\log p(y_{st}\mid y_{s,<t},x_s)",
        unit="nats",
        source="BIGRec, arXiv 2308.08434; TALLRec, arXiv 2305.00447",
        page="training",
    ),
    Term(
        "start_loss",
        "Test loss before training",
        "Test loss of the same samples before training.",
        unit="nats",
        source="a reference of this program",
        page="training",
    ),
    Term(
        "change",
        "Change of the test loss",
        "Test loss after training minus before, paired by sample, with a 95 % confidence interval over the test "
        "samples. The interval does not include the variation between seeds; see Validate / Compare.",
        formula=r"\frac1q\sum_s\big(L_{\text{after}}(s)-L_{\text{before}}(s)\big)",
        unit="nats",
        source="paired difference",
        page="training",
    ),
    Term(
        "helped",
        "Improved samples",
        "Share of the test samples whose loss is lower after training than before. It can be below 50 % while the "
        "mean falls: few samples then improve by much.",
        formula=r"\frac{|\{s:L_{\text{after}}(s)<L_{\text{before}}(s)\}|}{q}",
        unit="share",
        source="a reference of this program",
        page="training",
    ),
    Term(
        "hr",
        "HR@c",
        "Hit ratio: share of the ranked test samples whose target is among the first c items.",
        formula=r"\frac1r\sum_s[\mathrm{rank}_s\le c]",
        unit="share",
        source="ranking of one target per sample, as in GORACS and BIGRec",
        page="training",
    ),
    Term(
        "ndcg",
        "NDCG@c",
        "Mean of 1 / log2(rank + 1) if the target is among the first c items, else 0: 1 if the target is always first.",
        formula=r"\frac1r\sum_s\frac{[\mathrm{rank}_s\le c]}{\log_2(\mathrm{rank}_s+1)}",
        source="ranking of one target per sample, as in GORACS and BIGRec",
        page="training",
    ),
    Term(
        "auc",
        "AUC",
        "Share of (Yes, No) pairs of test samples in which the Yes has the higher P(Yes); ties count half. Random: "
        "0.5.",
        formula=r"\frac{1}{|Y||N|}\sum_{y\in Y}\sum_{x\in N}\big([p_y>p_x]+\tfrac12[p_y=p_x]\big)",
        source="area under the ROC curve, as in TALLRec, arXiv 2305.00447",
        page="training",
    ),
    Term(
        "log_loss",
        "Log loss",
        "Mean of −log of the probability of the correct answer; P(Yes) = 0.5 for all samples gives 0.693.",
        formula=r"-\frac1q\sum_s\big(y_s\log p_s+(1-y_s)\log(1-p_s)\big)",
        unit="nats",
        source="binary cross-entropy",
        page="training",
    ),
    Term(
        "accuracy",
        "Accuracy",
        "Share of correct answers when the more probable of Yes and No is given.",
        formula=r"\frac1q\sum_s\big[\,[p_s>\tfrac12]=y_s\big]",
        unit="share",
        source="binary classification",
        page="training",
    ),
    Term(
        "ece",
        "Calibration error",
        "Expected calibration error: mean distance between P(Yes) and the share of Yes, over ten bins; 0 is best.",
        formula=r"\sum_{b=1}^{10}\frac{q_b}{q}\,\lvert\bar p_b-\bar y_b\rvert",
        source="Naeini, Cooper and Hauskrecht, AAAI 2015",
        page="training",
    ),
    Term(
        "smoothness",
        "Smoothness L",
        "Largest eigenvalue of the Hessian of the training loss before training (Lanczos iteration on Hessian-vector "
        "products): the smallest constant that bounds the change of the gradient at this point.",
        symbol="L",
        formula=r"L=\lambda_{\max}(\nabla^2\mathcal{L}(\phi_0))",
        unit="loss per squared unit of weight",
        source="descent lemma; assumption of the bound in GORACS, arXiv 2506.04015",
        page="training",
    ),
    Term(
        "overshoot",
        "Step of AdamW",
        "Median over the steps of AdamW of (length of the step / gradient norm) / (2 / largest eigenvalue). Above 1, "
        "a step of gradient descent of this length would increase the loss along the direction of largest curvature.",
        formula=r"\mathrm{median}_t\ \frac{\lVert\Delta_t\rVert/\lVert g_t\rVert}{2/\lambda_{\max,t}}",
        source="stability of gradient descent",
        page="training",
    ),
)
