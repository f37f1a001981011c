"""A scene that a model paints: what it is shown and told, what is paid, and what the gate does about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from generators.studio.arrange import Arranger
from generators.style import plain_style
from infra.ledger import Budgets, Purchase
from infra.model import Format, PaintTask
from tests.infra.devstore_kit import SHOP
from tests.scene_kit import Set, opened
from tests.standin.pictures import PRODUCT, Wanted
from tests.standin.server import ModelServer

ASKED = ("navy trousers", "seagreen bags")


@dataclass
class Model:
    """Paints the first `products` images that it is shown, side by side."""

    products: int = 2
    shown: list[Wanted] = field(default_factory=list)

    def paint(self, wanted: Wanted) -> bytes:
        self.shown.append(wanted)
        first, *others = wanted.references[: self.products]
        format_ = Format(wanted.ratio, *wanted.pixels)
        task = PaintTask(PRODUCT, first, (), plain_style(PRODUCT), format_, companions=tuple(others))
        return Arranger().paint(task).data


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def server(model: Model) -> Iterator[ModelServer]:
    with ModelServer(paint=model.paint) as running:
        yield running


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Set]:
    key = {"openrouter_api_key": server.key, "openrouter_url": server.url, "painter": "nano-banana-2"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        with opened(tmp_path_factory.mktemp("paid"), analyst="built-in", **key) as made:
            yield made


def test_each_product_is_shown_to_the_model_as_one_and_the_scene_is_paid_for_once(
    stage: Set, server: ModelServer, model: Model
) -> None:
    record = stage.make("a model wearing these at the beach", *ASKED, formats=("3:4",))
    assert [image["status"] for image in record["paintings"]] == ["approved"], record["reason"]
    (wanted,) = model.shown
    photos = [stage.services.blobs.read(one["photo_key"]) for one in record["scene"]["products"]]
    assert len(wanted.references) == len(photos) + 1  # and one bestseller, for its light
    for said in ("a model wearing these at the beach", "An adult model", "Navy trousers + Seagreen bags"):
        assert said in wanted.prompt
    assert record["paintings"][0]["prompt"] == wanted.prompt
    spent = sum(row.spent_usd for row in stage.services.ledger.spending(date.today(), SHOP))
    assert spent == server.billed > 0
    again = stage.make("a model wearing these at the beach", *ASKED, formats=("3:4",))
    assert again["paintings"][0]["key"] == record["paintings"][0]["key"]
    assert (len(model.shown), server.complaints) == (1, [])


def test_a_scene_that_would_pass_a_budget_waits_says_so_and_goes_on_as_it_began(
    stage: Set, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(model.shown)
    with monkeypatch.context() as poor:
        ledger = stage.services.ledger
        ledger.note(Purchase(SHOP, "", "", "image", "another"), Decimal(1))
        spent = ledger.budgets.shop - ledger.left(SHOP)["shop"]
        poor.setattr(ledger, "budgets", Budgets(Decimal(2), spent + Decimal("0.01"), Decimal(100)))
        waits = stage.make("in a tent", *ASKED, formats=("3:4",))
    assert (waits["status"], waits["step"], waits["paintings"]) == ("running", "budget", [])
    assert "waiting for the budget until" in waits["reason"]
    assert len(model.shown) == before
    later = f"{waits['run_id']}:2"
    assert stage.services.starter.under_way([later]) == {later}
    stage.services.starter.start("make_scene", f"{later}:now", SHOP, waits["run_id"], 2)
    stage.services.starter.result(f"{later}:now")
    done = stage.services.runs.need(SHOP, waits["run_id"])
    assert [image["status"] for image in done["paintings"]] == ["approved"], done["reason"]
    assert (done["scene"], done["brief"]) == (waits["scene"], waits["brief"])


def test_a_scene_that_lacks_a_product_climbs_and_ends_with_the_arranger_before_a_person(
    stage: Set, server: ModelServer, model: Model
) -> None:
    model.products, before = 1, len(model.shown)
    record = stage.make("at the beach", *ASKED, formats=("3:4",), bestsellers=False, publish=True)
    (image,) = record["paintings"]
    assert (record["status"], image["status"], image["painter"]) == ("needs_review", "refused", Arranger.name)
    assert [one["rung"] for one in image["tries"]] == ["first", "refined", "pro", "studio"]
    assert "product 2 of 2" in image["tries"][0]["checks"]["product"]["note"]
    assert "product 2 of 2" in model.shown[before + 1].prompt
    assert (len(model.shown) - before, stage.files()) == (3, [])
    assert server.complaints == []
