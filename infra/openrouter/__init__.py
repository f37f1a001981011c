"""OpenRouter: one key for image models, language models and embeddings. https://openrouter.ai/docs"""

from __future__ import annotations

from infra.openrouter.chat import Answer, Chat
from infra.openrouter.client import OpenRouter
from infra.openrouter.images import OpenRouterChatImages, OpenRouterImages
from infra.openrouter.models import ListedModel, models
from infra.openrouter.parts import data_uri

__all__ = [
    "Answer",
    "Chat",
    "ListedModel",
    "OpenRouter",
    "OpenRouterChatImages",
    "OpenRouterImages",
    "data_uri",
    "models",
]
