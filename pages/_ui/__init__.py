"""What every page is made of; the only Streamlit helpers.

A page in outline::

    from pages._ui import blocks, cache, frame, need

    frame.begin("Popularity bias", "Does the coreset prefer the head of the catalogue?")
    dataset = need.dataset()  # shows what to do and ends the page when nothing is loaded
    run = need.run(dataset)
    blocks.chart(charts.popularity.shares(...), key="shares", alt="...", table=frame_with_the_same_numbers)

`app.py` runs each page inside `frame.show`, which adds the bar, turns errors into sentences and ends with the
footer; a page therefore calls neither `guard` nor a closing function (fragments do: see `guard.guarded`).
"""
