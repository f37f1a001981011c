"""Files: bytes to a staged target, a store file of them, and the products that show it."""

from __future__ import annotations

from infra.errors import NotFound, Unavailable
from infra.shopify import replies
from infra.shopify.replies import FileState
from infra.shopify.transport import Transport


class Files:
    """A shop's image files; ids are MediaImage gids."""

    def __init__(self, transport: Transport) -> None:
        self._api = transport

    def upload(self, data: bytes, filename: str, media_type: str) -> str:
        """Send a file to a staged target; returns the URL that `create` takes.

        The target is another host: the access token must not go there. One that has expired meanwhile
        answers 403, and the next try gets another, so that is Unavailable.
        https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/stagedUploadsCreate
        """
        wanted = {"resource": "IMAGE", "filename": filename, "mimeType": media_type, "httpMethod": "PUT"}
        target = self._api.mutate("staged_uploads_create", input=[wanted])["stagedTargets"][0]
        headers = {"Content-Type": media_type} | {
            p["name"].replace("_", "-"): p["value"] for p in target["parameters"]
        }
        reply = self._api.send("upload", "PUT", target["url"], data=data, headers=headers)
        if reply.status_code in (400, 403):
            raise Unavailable(f"upload: the target no longer takes files ({reply.status_code})")
        if reply.status_code not in (200, 201, 204):
            replies.read_status("upload", reply.status_code, reply.headers)
        return str(target["resourceUrl"])

    def create(self, source: str, filename: str, alt: str) -> str:
        """Make a store file of a staged upload; returns its MediaImage gid before it is processed.

        UserErrors with code FILENAME_ALREADY_EXISTS when there is one of that name: Shopify would otherwise
        add a second one under another name.
        """
        wanted = {"originalSource": source, "contentType": "IMAGE", "filename": filename, "alt": alt}
        wanted["duplicateResolutionMode"] = "RAISE_ERROR"
        return str(self._api.mutate("file_create", files=[wanted])["files"][0]["id"])

    def find(self, filename: str) -> str | None:
        """The MediaImage gid of the READY file with that name; None, too, while it is being processed.

        The search may find other names as well, and a file's own is only seen in its URL, once it is READY:
        never, if its processing failed.
        """
        query = f"filename:{_quoted(filename)}"
        for node in self._api.query("files_by_name", query=query)["files"]["nodes"]:
            image = node.get("image")
            if image and replies.filename_of(image["url"]) == filename:
                return str(node["id"])
        return None

    def state(self, media_id: str) -> FileState:
        """How far the store is with a file; NotFound when it is gone."""
        node = self._api.query("file_status", ids=[media_id])["nodes"][0]
        if not node:
            raise NotFound(f"file_status: {media_id} is not in the store")
        return replies.file_state(node)

    def attach(self, media_id: str, product_id: str) -> None:
        """Add a READY file to a product's media, behind the others; again changes nothing."""
        self._api.mutate("file_update", files=[{"id": media_id, "referencesToAdd": [product_id]}])

    def detach(self, media_id: str, product_id: str) -> None:
        """Take a file off a product; the file stays in the store."""
        self._api.mutate("file_update", files=[{"id": media_id, "referencesToRemove": [product_id]}])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
