"""From a table of purchases to a fine-tuning file: the commands, in order. A test runs them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages._ui import blocks, routes


@dataclass(frozen=True)
class Part:
    """A command of the recipe.

    Args:
        title: What it does.
        command: Words after `python -m`.
        about: What to know.
        page: The page that does the same.
    """

    title: str
    command: str
    about: str
    page: str


EXAMPLE_CSV = """user_id,item_id,timestamp,title
anna,b17,2024-03-01,The Quiet Harbour
anna,b03,2024-03-09,Ninety Lanterns
bela,b17,2024-03-02,The Quiet Harbour"""

PARTS = (
    Part(
        "Prepare",
        "goracs_core prepare --source purchases.csv --task seqrec --output shop",
        "One row per event, with user, item, time and title. Samples are sorted by time; the last part is the test, "
        "the part before it the validation set that the coreset must cover.",
        "dataset",
    ),
    Part(
        "Features",
        "goracs_core features --dataset shop",
        "Embeddings and gradient norms, once per dataset. For real work give your encoder and model.",
        "features",
    ),
    Part(
        "Select",
        "goracs_core select --dataset shop --budget 16 --lambda 0.05 --output coreset --export llama-factory,chat,"
        "hugging-face",
        "The coreset with its proof, and the files for fine-tuning beside it.",
        "run",
    ),
    Part("Verify", "goracs_core verify coreset --dataset shop", "Checks value and proof without the solver.", "run"),
    Part(
        "Report",
        "goracs_core report coreset --output coreset.html",
        "One HTML file with figures, settings and fingerprints, which opens without a network.",
        "run",
    ),
)

_LLAMA_FACTORY = (
    "llamafactory-cli train --stage sft --do_train --dataset_dir coreset/llama-factory --dataset NAME "
    "--model_name_or_path MODEL --template default --finetuning_type lora --output_dir adapter"
)
_LOAD = "from datasets import load_dataset\n\ndata = load_dataset({})"
NEXT = (
    ("LLaMA-Factory", _LLAMA_FACTORY, "bash"),
    ("Hugging Face datasets", _LOAD.format('"coreset/hugging-face"'), "python"),
    ("TRL and other trainers of chats", _LOAD.format('"json", data_files="coreset/chat/NAME.jsonl"'), "python"),
)


def show() -> None:
    """The commands, then what to do with the files."""
    st.header("From your CSV to a fine-tuning file", anchor="recipe")
    st.markdown("Your table, `purchases.csv`; other names of columns are recognized or mapped on Prepare / Dataset:")
    st.code(EXAMPLE_CSV, language="csv")
    for number, part in enumerate(PARTS, start=1):
        left, right = st.columns([4, 1.2], gap="medium", vertical_alignment="bottom")
        with left:
            st.markdown(f"**{number} · {part.title}.** {part.about}")
            st.code(f"python -m {part.command}", language="bash", wrap_lines=True)
        route = routes.named(part.page)
        if route is not None:
            with right:
                blocks.link(route, route.title)
    st.subheader("Then fine-tune", anchor=False)
    st.markdown("`NAME` is the name of the file, such as `shop_goracs_k16_l0.05`.")
    for title, code, language in NEXT:
        st.markdown(f"**{title}**")
        st.code(code, language=language, wrap_lines=True)
    st.caption(
        "The three tools are not installed here; the files follow their documented layouts. Train with validation and "
        "test apart: select on validation, report on test, with random selection of the same size beside it."
    )
