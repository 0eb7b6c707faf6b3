"""What the server offers beside its pages: arrays by the fingerprint of their content, and selections as files."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages._ui import arrays
from pages._ui.map import export
from pages._ui.map.export import Exporter

HOSTILE = (
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/README.md",
    "....//....//README.md",
    "/etc/passwd",
    "README.md",
    "0" * 32,
    "0" * 5000,
    "",
    "a b",
    "%00",
    "☃",
    "{name}",
)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[arrays.route(), export.route()])) as client:
        yield client


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint16", "uint8", ">f4"])
def test_an_array_arrives_as_it_was_little_endian(client: TestClient, dtype: str) -> None:
    values = np.arange(12).reshape(3, 4).astype(dtype)
    offered = arrays.serve(values[:, ::2])
    answer = client.get(f"/{offered.address}")
    assert answer.status_code == 200
    assert np.array_equal(
        np.frombuffer(answer.content, np.dtype(dtype).newbyteorder("<")), values[:, ::2].ravel().astype(dtype)
    )


def test_the_address_is_the_content_and_may_be_kept_for_ever(client: TestClient) -> None:
    first, same, other = (arrays.serve_numbers(np.array(values)) for values in ([1, 2], [1, 2], [1, 3]))
    assert first is same
    assert first.address != other.address
    told = client.get(f"/{first.address}").headers
    assert "immutable" in told["cache-control"]
    assert "private" in told["cache-control"]
    assert told["x-content-type-options"] == "nosniff"
    assert arrays.serve_json([1.0, 2.0]).address != first.address


def test_texts_arrive_as_json_whatever_they_hold(client: TestClient) -> None:
    texts = ["</script>", '"', "\u2028", "ä"]
    answer = client.get(f"/{arrays.serve_json(texts).address}")
    # The object is held by nobody any more, so the address is known no longer.
    assert answer.status_code == 404
    offered = arrays.serve_json(texts)
    answer = client.get(f"/{offered.address}")
    assert answer.json() == texts
    assert answer.headers["content-type"].startswith("application/json")


def test_what_nobody_holds_is_not_offered_and_one_of_two_holders_suffices(client: TestClient) -> None:
    first = arrays.serve_numbers(np.arange(7))
    second, address = arrays.serve_numbers(np.arange(7)), first.address
    del first
    gc.collect()
    assert client.get(f"/{address}").status_code == 200
    del second
    gc.collect()
    assert client.get(f"/{address}").status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
def test_other_names_are_unknown_and_never_paths(
    client: TestClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*given: object, **more: object) -> None:
        raise AssertionError(f"the disk was asked: {given}")

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr("builtins.open", refused)
    assert client.get(f"/arrays/{name}").status_code == 404
    assert client.post(f"/map-selection/{name}.csv").status_code == 404
    assert client.get(f"/arrays/{name}").headers.get("cache-control") in (None, "no-store")


def exporter() -> Exporter:
    def table(ids: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"row": ids, "title": ["=1+1" if one % 2 else "plain" for one in ids]})

    def details(ids: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"neighbors": [{"ids": [int(one)], "distances": [0.5]} for one in ids]})

    return export.offer(Exporter("f" * 32, 10, table, details, lambda ids, name: f"{name} {ids.tolist()}".encode()))


def body(*ids: int) -> bytes:
    return np.array(ids, "<u4").tobytes()


def test_a_selection_comes_back_as_a_file(client: TestClient) -> None:
    offered = exporter()
    answer = client.post(f"/{offered.address}.csv", content=body(9, 0, 3))
    found = pd.read_csv(io.BytesIO(answer.content))
    assert found["row"].tolist() == [9, 0, 3]
    assert found["title"].tolist() == ["'=1+1", "plain", "'=1+1"]  # no formula for a spreadsheet
    answer = client.post(f"/{offered.address}.parquet", content=body(2))
    found = pd.read_parquet(io.BytesIO(answer.content))
    assert found["title"].tolist() == ["plain"]
    assert [(one["ids"].tolist(), one["distances"].tolist()) for one in found["neighbors"]] == [([2], [0.5])]
    named = client.post(f"/{offered.address}.json", params={"name": "a/b & ü"}, content=body(4, 1))
    assert (named.text, named.headers["content-type"]) == ("a/b & ü [4, 1]", "application/json")
    assert client.post(f"/{offered.address}.json?name={'x' * 5000}", content=body(1)).text == "x" * 200 + " [1]"
    assert client.post(f"/{offered.address}.csv", content=b"").status_code == 200
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("content", "status"), [(body(10), 400), (body(2**32 - 1), 400), (b"123", 400), (body(*range(10), 0), 413)]
)
def test_ids_that_are_no_samples_are_refused(client: TestClient, content: bytes, status: int) -> None:
    offered = exporter()
    assert client.post(f"/{offered.address}.csv", content=content).status_code == status


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_pages_of_other_sites_get_no_files(client: TestClient, site: str) -> None:
    offered, told = exporter(), {"sec-fetch-site": site}
    assert client.post(f"/{offered.address}.csv", content=body(1), headers=told).status_code == 403
    told["sec-fetch-site"] = "same-origin"
    assert client.post(f"/{offered.address}.csv", content=body(1), headers=told).status_code == 200


def test_only_known_kinds_and_ways_are_answered(client: TestClient) -> None:
    offered = exporter()
    assert client.post(f"/{offered.address}.pickle", content=body(1)).status_code == 404
    assert client.get(f"/{offered.address}.csv").status_code == 405
    held = arrays.serve_numbers(np.arange(3))
    assert client.post(f"/{held.address}").status_code == 405
