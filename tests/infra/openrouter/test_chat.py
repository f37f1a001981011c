"""Language models: an answer of the asked shape, wherever the provider puts it, and its bill."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from infra.errors import Throttled
from infra.openrouter import Answer, Chat, OpenRouter
from tests.standin.faults import Body
from tests.standin.replies import ANALYST
from tests.standin.server import ModelServer

SCHEMA = {
    "title": "Style (brief)",
    "type": "object",
    "properties": {"scene": {"type": "string"}},
    "required": ["scene"],
    "additionalProperties": False,
}
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "What do these have in common?"}]}]
COST = Decimal("0.004")


def asked(client: OpenRouter) -> Answer:
    return Chat(client).answer(ANALYST, MESSAGES, SCHEMA, max_tokens=4000)


def _message(**message: Any) -> Any:
    def alter(reply: Body) -> Body:
        reply["choices"][0]["message"] = {"role": "assistant", **message}
        return reply

    return alter


def test_the_answer_is_json_of_the_schema(server: ModelServer, client: OpenRouter) -> None:
    answer = asked(client)
    assert set(json.loads(answer.text)) == {"scene"}
    assert answer.cost_usd == server.billed == COST


def test_only_providers_that_heed_the_schema_are_asked(server: ModelServer, client: OpenRouter) -> None:
    asked(client)
    body = server.requests["chat"][0].body
    assert body["provider"] == {"require_parameters": True}
    shape = {"name": "Stylebrief", "strict": True, "schema": SCHEMA}
    assert body["response_format"] == {"type": "json_schema", "json_schema": shape}
    assert (body["messages"], body["max_tokens"]) == (MESSAGES, 4000)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "", "reasoning": '{"scene": "a beach"}'}, '{"scene": "a beach"}'),
        ({"content": None, "reasoning": '{"scene": "a beach"}'}, '{"scene": "a beach"}'),
        (
            {"content": [{"type": "text", "text": '{"scene":'}, {"type": "text", "text": '"x"}'}]},
            '{"scene": "x"}',
        ),
        ({"content": None, "reasoning": None}, ""),
    ],
)
def test_the_answer_is_found_where_it_was_put(
    server: ModelServer, client: OpenRouter, message: Body, text: str
) -> None:
    server.fail("chat", alter=_message(**message))
    assert asked(client) == Answer(text, COST)


def test_no_choice_is_an_empty_answer_that_was_billed(server: ModelServer, client: OpenRouter) -> None:
    server.fail("chat", alter=lambda reply: reply | {"choices": []})
    assert asked(client) == Answer("", COST)


def test_an_error_in_a_choice_is_one(server: ModelServer, client: OpenRouter) -> None:
    def alter(reply: Body) -> Body:
        reply["choices"][0]["error"] = {"code": 429, "message": "busy"}
        return reply

    server.fail("chat", alter=alter)
    with pytest.raises(Throttled):
        asked(client)
