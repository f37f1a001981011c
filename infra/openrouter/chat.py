"""Language models through OpenRouter, asked for JSON of a given shape.

https://openrouter.ai/docs/guides/features/structured-outputs
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.openrouter.client import OpenRouter
from infra.openrouter.parts import choice_of, cost_of, message_of, text_of
from infra.openrouter.problems import failure

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, not yet validated, and its bill; None where the provider does not say."""

    text: str
    cost_usd: Decimal | None


class Chat:
    """Asks a language model; OutsideError, or Blocked by moderation, when there is no answer."""

    def __init__(self, client: OpenRouter) -> None:
        self._client = client

    def answer(self, model: str, messages: Sequence[Json], schema: Json, *, max_tokens: int) -> Answer:
        """The answer to messages, which should be JSON of a schema; a model does not always keep to it.

        `max_tokens` counts the reasoning, too. The text is empty where the model said nothing at all.
        """
        reply = self._client.post("/chat/completions", _body(model, messages, schema, max_tokens))
        choice = choice_of(reply)
        if error := choice.get("error"):
            raise failure(error, model)
        message = message_of(choice)
        # Some providers put the whole answer of a model that reasons where its reasoning goes.
        text = text_of(message) or str(message.get("reasoning") or "").strip()
        return Answer(text, cost_of(reply))


def _body(model: str, messages: Sequence[Json], schema: Json, max_tokens: int) -> Json:
    shape = {"name": _name(schema), "strict": True, "schema": schema}
    return {
        "model": model,
        "messages": list(messages),
        "max_tokens": max_tokens,
        "response_format": {"type": "json_schema", "json_schema": shape},
        # A provider that would pass over the schema in silence is not asked.
        "provider": {"require_parameters": True},
    }


def _name(schema: Json) -> str:
    """A schema's name as the API takes it: letters, digits, underscores, dashes; at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]", "", str(schema.get("title", "")))[:64] or "answer"
