"""What may go over OpenRouter's wire, by the types of its official package.

The package reads leniently: fields that it does not know and words that its lists lack pass. A stand-in must
not, or a misspelt field would go unnoticed until it meets the real API.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openrouter import components, errors, operations
from openrouter.types import UnrecognizedStr
from pydantic import BaseModel, ValidationError

REQUESTS: dict[str, type[BaseModel]] = {
    "/images": components.ImageGenerationRequest,
    "/chat/completions": components.ChatRequest,
    "/embeddings": operations.CreateEmbeddingsRequestBody,
}
REPLIES: dict[str, type[BaseModel]] = {
    "/images": components.ImageGenerationResponse,
    "/images/models": components.ImageModelsListResponse,
    "/images/models/{slug}/endpoints": components.ImageModelEndpointsResponse,
    "/chat/completions": components.ChatResult,
    "/embeddings": operations.CreateEmbeddingsResponseBody,
}
ERRORS: dict[int, type[BaseModel]] = {
    400: errors.BadRequestResponseErrorData,
    401: errors.UnauthorizedResponseErrorData,
    402: errors.PaymentRequiredResponseErrorData,
    403: errors.ForbiddenResponseErrorData,
    404: errors.NotFoundResponseErrorData,
    408: errors.RequestTimeoutResponseErrorData,
    413: errors.PayloadTooLargeResponseErrorData,
    422: errors.UnprocessableEntityResponseErrorData,
    429: errors.TooManyRequestsResponseErrorData,
    500: errors.InternalServerResponseErrorData,
    502: errors.BadGatewayResponseErrorData,
    503: errors.ServiceUnavailableResponseErrorData,
    504: errors.GatewayTimeoutResponseErrorData,
    524: errors.EdgeNetworkTimeoutResponseErrorData,
    529: errors.ProviderOverloadedResponseErrorData,
}
BESIDE = {"native_finish_reason"}
"""Fields that the API's pages have and the package's types lack.
https://openrouter.ai/docs/api/reference/overview#completionsresponse-format"""


def faults_of_request(path: str, body: Any) -> list[str]:
    """What is wrong with a request's JSON; empty when nothing is."""
    return _faults(REQUESTS[path], body)


def faults_of_reply(route: str, status: int, body: Any) -> list[str]:
    """What is wrong with a reply that the stand-in is about to give."""
    if status == 200:
        return _faults(REPLIES[route], body)
    return _faults(ERRORS[status], body) if status in ERRORS else [f"no such status: {status}"]


def _faults(kind: type[BaseModel], body: Any) -> list[str]:
    try:
        read = kind.model_validate(body)
    except ValidationError as error:
        return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
    return [
        *_unknown_words(read, ""),
        *_unknown_fields(body, read.model_dump(by_alias=True, warnings=False), ""),
    ]


def _unknown_words(read: Any, where: str) -> Iterator[str]:
    if isinstance(read, UnrecognizedStr):
        yield f"{where}: {str(read)!r} is not in the list"
    elif isinstance(read, BaseModel):
        for name, value in read:
            yield from _unknown_words(value, f"{where}.{name}".strip("."))
    elif isinstance(read, list | tuple):
        for number, value in enumerate(read):
            yield from _unknown_words(value, f"{where}[{number}]")


def _unknown_fields(sent: Any, read: Any, where: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(read, dict):
        for name, value in sent.items():
            at = f"{where}.{name}".strip(".")
            if name in read:
                yield from _unknown_fields(value, read[name], at)
            elif name not in BESIDE:
                yield f"{at}: no such field"
    elif isinstance(sent, list) and isinstance(read, list):
        for number, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from _unknown_fields(one, other, f"{where}[{number}]")
